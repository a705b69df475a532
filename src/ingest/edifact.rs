//! The syntax of EDIFACT (ISO 9735): service characters, segments, elements, components, release character.

use super::source::Source;
use crate::error::Result;

/// A segment longer than this is none.
const LONGEST_SEGMENT: usize = 1 << 20;

/// The characters that have a meaning, as `UNA` declares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServiceCharacters {
    component: u8,
    element: u8,
    /// The decimal mark; `None` where nothing declares it and both point and comma are read.
    decimal: Option<u8>,
    release: u8,
    terminator: u8,
}

impl Default for ServiceCharacters {
    fn default() -> Self {
        Self { component: b':', element: b'+', decimal: None, release: b'?', terminator: b'\'' }
    }
}

impl ServiceCharacters {
    /// Those of a text, and where its first segment begins; `None` where the declaration makes no sense.
    pub(super) fn of(bytes: &[u8]) -> Option<(Self, usize)> {
        let Some(una) = bytes.strip_prefix(b"UNA") else { return Some((Self::default(), 0)) };
        let [component, element, decimal, release, _, terminator] = *una.first_chunk::<6>()?;
        let used = [component, element, release, terminator];
        let is_mark = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'-';
        let distinct = (0..4).all(|at| used.iter().skip(at + 1).all(|other| Some(other) != used.get(at)));
        let makes_sense = used.iter().all(is_mark) && distinct && matches!(decimal, b'.' | b',');
        makes_sense.then_some((Self { component, element, decimal: Some(decimal), release, terminator }, 9))
    }

    /// A number; `None` where it is other text.
    pub(super) fn number(&self, text: &str) -> Option<f64> {
        let is_plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b',');
        if !text.bytes().all(is_plain) {
            return None;
        }
        let text = match self.decimal {
            Some(b',') if text.contains('.') => return None,
            Some(b'.') if text.contains(',') => return None,
            _ => text.replace(',', "."),
        };
        text.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

/// One segment, e.g. `QTY+220:1.5:KWH`, its components still escaped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    bytes: &'a [u8],
    service: ServiceCharacters,
    /// Number of the segment, counted from 1: files have one line only, mostly.
    pub number: u64,
}

impl Segment<'_> {
    /// Its three letters, e.g. `QTY`.
    pub(super) fn tag(&self) -> &[u8] {
        let end = self.bytes.iter().position(|byte| *byte == self.service.element || *byte == self.service.component);
        self.bytes.get(..end.unwrap_or(self.bytes.len())).unwrap_or_default()
    }

    /// A component, both counted from 0; the tag is element 0. Empty where there is none.
    pub(super) fn component(&self, element: usize, component: usize) -> String {
        let (mut at_element, mut at_component, mut is_released) = (0, 0, false);
        let mut found = Vec::new();
        for byte in self.bytes {
            let is_here = (at_element, at_component) == (element, component);
            if is_released {
                is_released = false;
            } else if *byte == self.service.release {
                is_released = true;
                continue;
            } else if *byte == self.service.element {
                if at_element == element {
                    break;
                }
                (at_element, at_component) = (at_element + 1, 0);
                continue;
            } else if *byte == self.service.component {
                if is_here {
                    break;
                }
                at_component += 1;
                continue;
            }
            if is_here {
                found.push(*byte);
            }
        }
        String::from_utf8_lossy(&found).trim().to_owned()
    }
}

/// The segments of a text from `from` on. The last one may lack its terminator.
pub(super) fn segments<'a>(
    bytes: &'a [u8],
    from: usize,
    service: ServiceCharacters,
    source: &'a Source<'_>,
) -> impl Iterator<Item = Result<Segment<'a>>> + 'a {
    let mut rest = bytes.get(from..).unwrap_or_default();
    let mut number = 0;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return None;
        }
        number += 1;
        let mut is_released = false;
        let is_end = |byte: &u8| {
            let ends = !is_released && *byte == service.terminator;
            is_released = !is_released && *byte == service.release;
            ends
        };
        let length = rest.iter().take(LONGEST_SEGMENT + 1).position(is_end);
        let length = match length {
            Some(length) => length,
            // A look at the beginning of a file ends anywhere: what is open then says nothing.
            None if source.is_cut() => return None,
            None if rest.len() <= LONGEST_SEGMENT => rest.len(),
            None => {
                let problem = format!(
                    "segment {number} has no end within {LONGEST_SEGMENT} bytes, expected {:?}",
                    char::from(service.terminator)
                );
                rest = &[];
                return Some(Err(source.fail(None, None, problem)));
            }
        };
        let (segment, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = after.get(1..).unwrap_or_default();
        Some(Ok(Segment { bytes: segment, service, number }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(String, String, String)> {
        let source = Source::of_bytes("any", b"").unwrap();
        let (service, from) = ServiceCharacters::of(text.as_bytes()).unwrap();
        let found = segments(text.as_bytes(), from, service, &source).map(|one| {
            let one = one.unwrap();
            (String::from_utf8_lossy(one.tag()).into_owned(), one.component(1, 0), one.component(1, 1))
        });
        found.collect()
    }

    fn told(tag: &str, first: &str, second: &str) -> (String, String, String) {
        (tag.to_owned(), first.to_owned(), second.to_owned())
    }

    #[test]
    fn released_characters_lose_their_meaning() {
        let text = "DTM+163:202203010000?+00:303'FTX+it?'s:100 ??'\r\nUNZ";
        let expected = [told("DTM", "163", "202203010000+00"), told("FTX", "it's", "100 ?"), told("UNZ", "", "")];
        assert_eq!(all(text), expected);
    }

    #[test]
    fn service_characters_are_declared() {
        assert_eq!(all("UNA|;,! ~QTY;220|1,5~"), [told("QTY", "220", "1,5")]);
        for wrong in ["UNA", "UNA:+.? ", "UNA::.? '", "UNA:+x? '", "UNAabcdef"] {
            assert_eq!(ServiceCharacters::of(wrong.as_bytes()), None, "{wrong}");
        }
        let comma = ServiceCharacters::of(b"UNA:+,? '").unwrap().0;
        assert_eq!((comma.number("1,5"), comma.number("1.5")), (Some(1.5), None));
        let either = ServiceCharacters::default();
        assert_eq!((either.number("1,5"), either.number("-1.5"), either.number("inf")), (Some(1.5), Some(-1.5), None));
    }
}
