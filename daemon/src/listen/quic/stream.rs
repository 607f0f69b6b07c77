//! One question and its answer: a message behind its length, then the end of that direction (RFC 9250 §4.2).

use quinn::{ReadToEndError, RecvStream, SendStream, VarInt};

use super::code;
use crate::listen::session::{Refused, Session};
use crate::query::carries_option;
use crate::wire::{MAX_MESSAGE, u16_at};

/// The EDNS option of TCP's idle time (RFC 7828), which has no place here.
const TCP_KEEPALIVE: u16 = 11;

/// What ends the whole connection: the code, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fatal(pub(super) VarInt, pub(super) &'static str);

/// Answers the question of one stream. A stream that the client gives up ends alone.
pub(super) async fn answer(
    session: &Session,
    mut question: RecvStream,
    mut answer: SendStream,
) -> Result<(), Fatal> {
    let whole = tokio::time::timeout(session.idle, question.read_to_end(2 + MAX_MESSAGE));
    let message = match whole.await {
        Ok(Ok(bytes)) => message(&bytes)?.to_vec(),
        Ok(Err(ReadToEndError::TooLong)) => return Err(protocol_error("one message on a stream")),
        // The client gave it up, or the connection is gone.
        Ok(Err(ReadToEndError::Read(_))) => return Ok(()),
        Err(_) => return Err(Fatal(code::EXCESSIVE_LOAD, "the question took too long to come")),
    };
    let reply = session.ask(message).await.map_err(|refused| match refused {
        Refused::TooMany => Fatal(code::EXCESSIVE_LOAD, "too many questions"),
        Refused::NoQuestion => protocol_error("not a question"),
    })?;
    let length = (reply.len() as u16).to_be_bytes(); // at most 65535
    let sending = async {
        answer.write_all(&length).await?;
        answer.write_all(&reply).await
    };
    // A client that does not read must not keep the answer here.
    if let Ok(Ok(())) = tokio::time::timeout(session.idle, sending).await {
        let _ended = answer.finish();
    } else {
        let _given_up = answer.reset(code::EXCESSIVE_LOAD);
    }
    Ok(())
}

/// The message in a stream's bytes, if it keeps the rules of RFC 9250 §4.2.1 and §4.3.3.
fn message(bytes: &[u8]) -> Result<&[u8], Fatal> {
    let message = bytes.get(2..).unwrap_or_default();
    if u16_at(bytes, 0).map(usize::from) != Some(message.len()) {
        return Err(protocol_error("one message behind its length on a stream"));
    }
    if u16_at(message, 0) != Some(0) {
        return Err(protocol_error("the message ID is 0"));
    }
    if carries_option(message, TCP_KEEPALIVE) {
        return Err(protocol_error("no edns-tcp-keepalive"));
    }
    Ok(message)
}

fn protocol_error(why: &'static str) -> Fatal {
    Fatal(code::PROTOCOL_ERROR, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_one_whole_message_with_id_0() {
        assert_eq!(message(&[0, 3, 0, 0, 7]), Ok(&[0, 0, 7][..]));
        for bad in [&[][..], &[0], &[0, 0], &[0, 3, 0, 0], &[0, 3, 0, 0, 7, 7], &[0, 3, 0, 1, 7]] {
            let Err(Fatal(code, _)) = message(bad) else { panic!("{bad:?}") };
            assert_eq!(code, code::PROTOCOL_ERROR, "{bad:?}");
        }
    }
}
