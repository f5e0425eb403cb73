//! Reading an answer whole: never more of it than the limit, neither as it was sent nor as it is unpacked.

use std::io;
use std::io::Write;

use flate2::write::MultiGzDecoder;
use reqwest::Response;
use url::Url;
use zeroize::Zeroizing;

use crate::model::http::Unanswered;
use crate::outbound::client::origin;
use crate::outbound::client::wire;

/// What is reserved at once for an answer that announces its length.
const MAX_RESERVED_BYTES: u64 = 1024 * 1024;

type Headers = Vec<(String, String)>;

/// The headers, as they fit the unpacked body, and the body.
pub(super) async fn read(
    response: Response,
    url: &Url,
    limit: usize,
) -> Result<(Headers, Zeroizing<Vec<u8>>), Unanswered> {
    let mut response = response;
    let announced = response.content_length().unwrap_or_default();
    if announced > limit as u64 {
        return Err(wire::too_large(url, limit as u64));
    }
    let is_packed = is_packed(&response, url)?;
    let without: &[&str] = if is_packed { &["content-encoding", "content-length"] } else { &[] };
    let headers = wire::reply_headers(response.headers(), without);
    let mut sink = Sink::new(is_packed, announced, limit);
    let mut received = 0;
    while let Some(chunk) = response.chunk().await.map_err(|error| wire::failed(url, error))? {
        received += chunk.len();
        if received > limit {
            return Err(wire::too_large(url, limit as u64));
        }
        sink.write(&chunk).map_err(|error| sink.why(url, &error))?;
    }
    // An answer to HEAD, or one without content, names an encoding and has nothing to unpack.
    let body = if received == 0 { Zeroizing::default() } else { sink.finish(url)? };
    Ok((headers, body))
}

fn is_packed(response: &Response, url: &Url) -> Result<bool, Unanswered> {
    let mut encodings = response.headers().get_all("content-encoding").iter();
    match (encodings.next().map(|value| value.as_bytes().to_ascii_lowercase()).as_deref(), encodings.next()) {
        (None | Some(b"" | b"identity"), None) => Ok(false),
        (Some(b"gzip" | b"x-gzip"), None) => Ok(true),
        _ => {
            let text = format!("the answer of {} is packed in a way that was not asked for", origin(url));
            Err(Unanswered::Lost(text))
        }
    }
}

/// Where the body goes.
enum Sink {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Sink {
    fn new(is_packed: bool, announced: u64, limit: usize) -> Self {
        let reserved = announced.min(MAX_RESERVED_BYTES) as usize;
        let bounded = Bounded { bytes: Zeroizing::new(Vec::with_capacity(reserved)), limit, is_full: false };
        if is_packed { Self::Gzip(Box::new(MultiGzDecoder::new(bounded))) } else { Self::Plain(bounded) }
    }

    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(bounded) => bounded.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
        }
    }

    fn why(&self, url: &Url, error: &io::Error) -> Unanswered {
        let bounded = match self {
            Self::Plain(bounded) => bounded,
            Self::Gzip(decoder) => decoder.get_ref(),
        };
        if bounded.is_full { wire::too_large(url, bounded.limit as u64) } else { unpackable(url, error) }
    }

    fn finish(mut self, url: &Url) -> Result<Zeroizing<Vec<u8>>, Unanswered> {
        if let Self::Gzip(decoder) = &mut self
            && let Err(error) = decoder.try_finish()
        {
            return Err(self.why(url, &error));
        }
        Ok(match &mut self {
            Self::Plain(bounded) => std::mem::take(&mut bounded.bytes),
            Self::Gzip(decoder) => std::mem::take(&mut decoder.get_mut().bytes),
        })
    }
}

/// Bytes up to a limit. The decoder hands over a few KiB at a time, so a bomb stops here and not in memory.
struct Bounded {
    bytes: Zeroizing<Vec<u8>>,
    limit: usize,
    is_full: bool,
}

impl Write for Bounded {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + some.len() > self.limit {
            self.is_full = true;
            return Err(io::Error::other("longer than the limit"));
        }
        self.bytes.extend_from_slice(some);
        Ok(some.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn unpackable(url: &Url, error: &io::Error) -> Unanswered {
    Unanswered::Lost(format!("the answer of {} cannot be unpacked: {error}", origin(url)))
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// 64 KiB that would become 64 MiB, in one piece: what is kept and what is reserved stay near the limit.
    #[test]
    fn a_bomb_takes_no_more_memory_than_the_limit() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        for _ in 0..64 {
            encoder.write_all(&[0; 1024 * 1024]).unwrap();
        }
        let bomb = encoder.finish().unwrap();
        let limit = 100_000;
        let mut sink = Sink::new(true, bomb.len() as u64, limit);
        let error = sink.write(&bomb).unwrap_err();
        let Sink::Gzip(decoder) = &sink else { panic!("gzip was asked for") };
        assert!(decoder.get_ref().bytes.len() <= limit && decoder.get_ref().bytes.capacity() <= 8 * limit);
        let url = Url::parse("https://shop.example/path").unwrap();
        assert_eq!(sink.why(&url, &error), wire::too_large(&url, limit as u64));
    }
}
