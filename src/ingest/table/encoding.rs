//! Bytes to text: UTF-8, GB18030 as Chinese exports have it, or what the caller says.

use std::borrow::Cow;

use crate::error::Result;
use crate::ingest::file::File;
use crate::readings::{Detected, Sure};

/// The text as UTF-8 bytes without byte-order mark, and how it was read.
pub(super) fn decode<'a>(bytes: &'a [u8], file: &File, given: Option<&str>) -> Result<(Cow<'a, [u8]>, Detected)> {
    let detected = |value: &str, why: &str| Detected::new(value, why, Sure::Certain);
    if bytes.trim_ascii().is_empty() {
        return Err(file.fail(None, None, "the file is empty; expected a header and rows of stamps and numbers"));
    }
    if let Some(label) = given {
        let Some(encoding) = encoding_rs::Encoding::for_label(label.as_bytes()) else {
            return Err(file.fail(
                None,
                None,
                format!("unknown encoding {label:?}; expected one such as \"utf-8\" or \"gb18030\""),
            ));
        };
        let (text, encoding, damaged) = encoding.decode(bytes);
        if damaged {
            return Err(file.fail(None, None, format!("the bytes are not valid {}", encoding.name())));
        }
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        return Ok((text, Detected::given(encoding.name().to_lowercase())));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) || looks_like_utf16(bytes) {
        return Err(file.fail(
            None,
            None,
            "the bytes look like UTF-16; pass encoding=\"utf-16le\" or save the file as CSV in UTF-8",
        ));
    }
    if bytes.contains(&0) {
        return Err(file.fail(None, None, "the file is binary (it has NUL bytes); expected CSV text"));
    }
    let text = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    let mark = if text.len() < bytes.len() { "byte-order mark" } else { "the bytes are valid UTF-8" };
    // A file may be cut off within a character: what is damaged in the last line only is still readable.
    let last_line = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    match std::str::from_utf8(text) {
        Ok(_) => return Ok((Cow::Borrowed(text), detected("utf-8", mark))),
        Err(error) if last_line > 0 && error.valid_up_to() >= last_line => {
            let whole = String::from_utf8_lossy(text).into_owned().into_bytes();
            return Ok((Cow::Owned(whole), detected("utf-8", "the bytes are valid UTF-8 up to the last line")));
        }
        Err(_) => {}
    }
    let (decoded, _, damaged) = encoding_rs::GB18030.decode(bytes);
    let damaged_before =
        || text.get(..last_line).is_none_or(|head| head.is_empty() || encoding_rs::GB18030.decode(head).2);
    if damaged && damaged_before() {
        return Err(file.fail(
            None,
            None,
            "the bytes are neither UTF-8 nor GB18030; if it is a CSV file in another encoding, pass encoding=",
        ));
    }
    Ok((
        Cow::Owned(decoded.into_owned().into_bytes()),
        detected("gb18030", "the bytes are not UTF-8 but valid GB18030"),
    ))
}

/// Text of mostly ASCII characters in UTF-16 has a zero in every other byte.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(200) & !1).unwrap_or_default();
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = head.len() / 2;
    half > 0 && even.max(odd) * 10 >= half * 8 && even.min(odd) == 0
}
