//! Plain tables.

use std::io::{self, Write};

/// Columns aligned: words to the left, what begins with a digit and its header to the right.
pub(crate) fn write_table(output: &mut impl Write, rows: &[Vec<String>]) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let widths: Vec<_> = (0..columns)
        .map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let numeric: Vec<_> = (0..columns)
        .map(|column| {
            cells(column).skip(1).all(|cell| cell.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
        })
        .collect();
    for row in rows {
        let mut line = String::new();
        for (cell, (width, numeric)) in row.iter().zip(widths.iter().zip(&numeric)) {
            let padding = " ".repeat(width - cell.chars().count());
            let (before, after) = if *numeric { (padding.as_str(), "") } else { ("", padding.as_str()) };
            line.push_str(&format!("{before}{cell}{after}  "));
        }
        writeln!(output, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned() {
        let rows =
            [["name", "µs"], ["a", "12.5"], ["long name", "-"]].map(|row| row.map(String::from).to_vec());
        let mut output = Vec::new();
        write_table(&mut output, &rows).unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), "name         µs\na          12.5\nlong name     -\n");
    }
}
