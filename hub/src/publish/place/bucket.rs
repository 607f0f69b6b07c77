//! A bucket of an object store that speaks S3: Amazon's, or any other by `AWS_ENDPOINT_URL`.
//!
//! Which store, region and account is said by the environment variables that other tools of that world read, so that no
//! secret stands in `hub.toml`.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Result, ensure};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error, ListResult, ObjectStore, ObjectStoreExt, PutOptions, RetryConfig,
};
use tokio::runtime::Runtime;

use super::http::Connector;
use super::lasts;
use crate::cache;

/// How often a request is tried again. A store that is busy answers 503 and means it.
const RETRIES: usize = 5;

/// A part of a bucket.
pub struct Bucket {
    store: AmazonS3,
    prefix: Path,
    name: String,
    /// Of this thread alone, since files go one after the other: their order is the point.
    runtime: Runtime,
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.name)?;
        if self.prefix.is_root() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

impl Bucket {
    /// Reads the environment; asks nothing of the store.
    pub fn open(name: &str, prefix: &str) -> Result<Self> {
        let store = AmazonS3Builder::from_env()
            .with_bucket_name(name)
            .with_http_connector(Connector)
            .with_retry(RetryConfig { max_retries: RETRIES, ..RetryConfig::default() })
            .build()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(Self { store, prefix: Path::parse(prefix)?, name: name.to_owned(), runtime })
    }

    /// A file's bytes; `None` if it is not there.
    pub fn get(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>> {
        self.runtime.block_on(async {
            let found = match self.store.get(&self.at(path)).await {
                Ok(found) => found,
                Err(Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            ensure!(found.meta.size <= most as u64, "longer than {most} bytes");
            Ok(Some(found.bytes().await?.to_vec()))
        })
    }

    /// Puts a file there, with what caches are to know of it.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let at = self.at(path);
        self.runtime.block_on(async {
            // What is called by its digest and came whole, as objects do, is what it is called.
            let there = if lasts(path) { self.store.head(&at).await.ok() } else { None };
            if there.is_some_and(|there| there.size == bytes.len() as u64) {
                return Ok(());
            }
            let kind = if path.ends_with(".json") { "application/json" } else { "application/octet-stream" };
            let attributes = Attributes::from_iter([
                (Attribute::CacheControl, cache::control(path)),
                (Attribute::ContentType, kind),
            ]);
            self.store.put_opts(&at, bytes.to_vec().into(), PutOptions::from(attributes)).await?;
            Ok(())
        })
    }

    /// Removes all files below a folder of the publication but these.
    pub fn remove_but(&self, below: &str, kept: &BTreeSet<String>) -> Result<()> {
        let kept: BTreeSet<Path> = kept.iter().map(|path| self.at(path)).collect();
        self.runtime.block_on(async {
            let mut folders = vec![self.at(below)];
            while let Some(folder) = folders.pop() {
                let ListResult { objects, common_prefixes, .. } =
                    self.store.list_with_delimiter(Some(&folder)).await?;
                for object in objects.iter().filter(|object| !kept.contains(&object.location)) {
                    self.store.delete(&object.location).await?;
                }
                folders.extend(common_prefixes);
            }
            Ok(())
        })
    }

    fn at(&self, path: &str) -> Path {
        self.prefix.parts().chain(path.split('/').map(Into::into)).collect()
    }
}
