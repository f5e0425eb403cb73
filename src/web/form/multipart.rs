//! `multipart/form-data` (RFC 7578), as browsers send forms with files in them. The whole body is there already: its size
//! was limited when it was read.

/// A form has few fields.
const MAX_PARTS: usize = 100;

/// The boundary that a content type names.
#[must_use]
pub fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?.trim_matches('"');
    Some(value).filter(|value| !value.is_empty() && value.len() <= 70)
}

/// Names and contents in order; `None` when the body is no such form.
#[must_use]
pub fn parse<'b>(body: &'b [u8], boundary: &str) -> Option<Vec<(String, &'b [u8])>> {
    let line = format!("--{boundary}").into_bytes();
    let mut rest = body.get(find(body, &line)? + line.len()..)?;
    let mut parts = Vec::new();
    let end = [b"\r\n".as_slice(), &line].concat();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n")?;
        let head = find(rest, b"\r\n\r\n")?;
        let content = rest.get(head + 4..)?;
        let length = find(content, &end)?;
        let name = name(&String::from_utf8_lossy(&rest[..head]))?;
        parts.push((name, &content[..length]));
        rest = content.get(length + end.len()..)?;
        if parts.len() > MAX_PARTS {
            return None;
        }
    }
    Some(parts)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn name(head: &str) -> Option<String> {
    let is_it = |line: &&str| line.to_ascii_lowercase().starts_with("content-disposition:");
    let line = head.split("\r\n").find(is_it)?;
    let value = line.split(';').find_map(|part| part.trim().strip_prefix("name="))?;
    Some(value.trim_matches('"').replace("%22", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_with_a_file_is_read() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na\r\nb\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.yaml\"\r\nContent-Type: text/yaml\r\n\r\n--y\r\n\r\n--x--\r\n";
        let parts = parse(body, boundary("multipart/form-data; boundary=x").unwrap()).unwrap();
        assert_eq!(parts, [("text".to_owned(), b"a\r\nb".as_slice()), ("file".to_owned(), b"--y\r\n".as_slice())]);
    }

    #[test]
    fn what_is_no_form_is_none() {
        for body in
            ["", "--x", "--x\r\n", "--x\r\n\r\n", "--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--", "--x--"]
        {
            let parts = parse(body.as_bytes(), "x");
            assert!(parts.is_none_or(|parts| parts.is_empty()), "{body:?}");
        }
        assert_eq!(boundary("multipart/form-data; boundary=\"a b\""), Some("a b"));
        for none in ["multipart/form-data", "text/plain; boundary=x", "multipart/form-data; boundary="] {
            assert_eq!(boundary(none), None);
        }
    }
}
