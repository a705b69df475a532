//! Bytes to text: UTF-8, GB18030 as Chinese exports have it, or what the caller says.

use std::borrow::Cow;

use super::csv::File;
use crate::error::Result;
use crate::readings::Detected;

/// The text as UTF-8 bytes without byte-order mark, and how it was read.
pub(super) fn decode<'a>(bytes: &'a [u8], file: &File, given: Option<&str>) -> Result<(Cow<'a, [u8]>, Detected)> {
    let detected = |value: &str, why: &str| Detected { value: value.to_owned(), why: why.to_owned() };
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
        return Ok((text, detected(&encoding.name().to_lowercase(), "given")));
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
    match std::str::from_utf8(text) {
        Ok(_) => return Ok((Cow::Borrowed(text), detected("utf-8", mark))),
        // Cut off within the last character: still UTF-8.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            let whole = text.get(..error.valid_up_to()).unwrap_or_default();
            if !whole.is_ascii() {
                return Ok((
                    Cow::Borrowed(whole),
                    detected("utf-8", "the bytes are valid UTF-8 up to the last character"),
                ));
            }
        }
        Err(_) => {}
    }
    let (decoded, _, damaged) = encoding_rs::GB18030.decode(bytes);
    if damaged {
        return Err(file.fail(
            None,
            None,
            "the bytes are neither UTF-8 nor GB18030; is it a CSV file? Pass encoding= if so",
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
