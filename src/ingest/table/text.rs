//! Bytes to text, piece by piece: UTF-8, UTF-16, GB18030 as Chinese exports have it, or what the caller says.

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::{Error, Result};
use crate::ingest::source::Source;
use crate::readings::{Detected, Sure};

/// Bytes of the first piece, which tells the encoding and the top of the table, and of the later ones.
const FIRST_PIECE: usize = 1 << 20;
const PIECE: usize = 1 << 18;
/// A long line is looked at again with every piece: pieces grow with it up to this.
const LARGEST_PIECE: usize = 1 << 22;
/// Stands for bytes that are no text.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// The text of a source, of which a part is in memory.
pub(super) struct Text<'s, 'b> {
    source: &'s mut Source<'b>,
    decoder: Decoder,
    encoding: Detected,
    /// Whether all bytes so far were ASCII, which leaves the encoding open.
    open: bool,
    bytes: Vec<u8>,
    /// Decoded text; what is not taken yet is `from..to`.
    text: Vec<u8>,
    from: usize,
    to: usize,
    /// Bytes that are no text were met; more than the last line must not follow.
    damaged: bool,
    ended: bool,
    ends_with_line: bool,
}

impl<'s, 'b> Text<'s, 'b> {
    /// The text of a source, its first piece read.
    pub(super) fn new(source: &'s mut Source<'b>, given: Option<&str>) -> Result<Self> {
        let first = source.head(FIRST_PIECE)?;
        let (encoding, mark, detected) = match given {
            Some(label) => {
                let Some(encoding) = Encoding::for_label(label.as_bytes()) else {
                    let problem = format!("unknown encoding {label:?}; expected one such as \"utf-8\" or \"gb18030\"");
                    return Err(source.fail(None, None, problem));
                };
                let mark =
                    Encoding::for_bom(first).filter(|(of_mark, _)| *of_mark == encoding).map_or(0, |(_, len)| len);
                (encoding, mark, Some(Detected::given(encoding.name().to_lowercase())))
            }
            None => by_first_bytes(first),
        };
        let open = detected.is_none();
        let detected = detected.unwrap_or_else(|| Detected::new("utf-8", "the bytes are valid UTF-8", Sure::Certain));
        let mut text = Self {
            source,
            decoder: encoding.new_decoder_without_bom_handling(),
            encoding: detected,
            open,
            bytes: vec![0; FIRST_PIECE],
            text: Vec::new(),
            from: 0,
            to: 0,
            damaged: false,
            ended: false,
            ends_with_line: false,
        };
        text.skip(mark)?;
        text.more()?;
        text.bytes.truncate(PIECE);
        text.bytes.shrink_to_fit();
        Ok(text)
    }

    /// What is in memory and not taken yet.
    pub(super) fn left(&self) -> &[u8] {
        self.text.get(self.from..self.to).unwrap_or_default()
    }

    /// Takes the next `count` bytes.
    pub(super) fn take(&mut self, count: usize) {
        self.from = (self.from + count).min(self.to);
    }

    /// Whether all there is is in memory.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether the source ends with a line end; known once it has ended.
    pub(super) fn ends_with_line(&self) -> bool {
        self.ends_with_line
    }

    /// How the bytes were read; final once it has ended.
    pub(super) fn encoding(&self) -> &Detected {
        &self.encoding
    }

    /// Notes what was found out, so that it is known even where reading fails later.
    pub(super) fn note(&self, key: &str, detected: &Detected) {
        self.source.note(key, detected.clone());
    }

    /// Whether the text was cut off by the limit of a look at its beginning.
    pub(super) fn is_cut(&self) -> bool {
        self.source.is_cut()
    }

    pub(super) fn put_off(&self, error: Error) -> Result<()> {
        self.source.put_off(error)
    }

    pub(super) fn fail(&self, line: Option<u64>, problem: impl Into<String>) -> Error {
        self.source.fail(line, None, problem)
    }

    fn skip(&mut self, count: usize) -> Result<()> {
        let mut mark = vec![0; count];
        let mut skipped = 0;
        while skipped < count {
            match self.source.read_some(mark.get_mut(skipped..).unwrap_or_default())? {
                0 => break,
                read => skipped += read,
            }
        }
        Ok(())
    }

    /// Reads the next piece.
    pub(super) fn more(&mut self) -> Result<()> {
        let mut bytes = std::mem::take(&mut self.bytes);
        let wanted = self.left().len().min(LARGEST_PIECE);
        if bytes.len() < wanted {
            bytes.resize(wanted, 0);
        }
        let mut count = 0;
        while count < bytes.len() && !self.ended {
            let read = self.source.read_some(bytes.get_mut(count..).unwrap_or_default())?;
            self.ended |= read == 0;
            count += read;
        }
        let piece = bytes.get(..count).unwrap_or_default();
        if self.open && !piece.is_ascii() {
            self.decide(piece)?;
        }
        if self.decoder.encoding().is_ascii_compatible() && memchr::memchr(0, piece).is_some() {
            return Err(self.fail(None, "the file is binary (it has NUL bytes); expected a table of text such as CSV"));
        }
        self.decode(piece)?;
        self.bytes = bytes;
        Ok(())
    }

    /// UTF-8 where the first piece that is not ASCII is, else GB18030 where it is that.
    fn decide(&mut self, piece: &[u8]) -> Result<()> {
        self.open = false;
        let last_line = memchr::memrchr(b'\n', piece).map_or(0, |at| at + 1);
        let is_cut = |valid_to: usize| last_line > 0 && valid_to >= last_line && self.ended;
        match std::str::from_utf8(piece) {
            Ok(_) => return Ok(()),
            Err(error) if error.error_len().is_none() && !self.ended => return Ok(()),
            Err(error) if is_cut(error.valid_up_to()) => {
                "the bytes are valid UTF-8 up to the last line".clone_into(&mut self.encoding.why);
                return Ok(());
            }
            Err(_) => {}
        }
        let mut out =
            vec![0; GB18030.new_decoder().max_utf8_buffer_length_without_replacement(piece.len()).unwrap_or(0)];
        let (result, read, _) =
            GB18030.new_decoder_without_bom_handling().decode_to_utf8_without_replacement(piece, &mut out, self.ended);
        if let DecoderResult::Malformed(bytes, after) = result
            && !is_cut(read.saturating_sub(usize::from(bytes) + usize::from(after)))
        {
            let problem =
                "the bytes are neither UTF-8 nor GB18030; if it is a CSV file in another encoding, pass encoding=";
            return Err(self.fail(None, problem));
        }
        self.decoder = GB18030.new_decoder_without_bom_handling();
        self.encoding = Detected::new("gb18030", "the bytes are not UTF-8 but valid GB18030", Sure::Certain);
        Ok(())
    }

    /// Appends the text of a piece to what is not taken yet.
    fn decode(&mut self, mut piece: &[u8]) -> Result<()> {
        self.text.copy_within(self.from..self.to, 0);
        self.to -= self.from;
        self.from = 0;
        let room = self.decoder.max_utf8_buffer_length_without_replacement(piece.len()).unwrap_or(4 * piece.len());
        if self.text.len() < self.to + room + 16 {
            self.text.resize(self.to + room + 16, 0);
        }
        loop {
            let before = self.to;
            let Some(room) = self.text.get_mut(before..) else { return Ok(()) };
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(piece, room, self.ended);
            self.to += written;
            piece = piece.get(read..).unwrap_or_default();
            let new = self.text.get(before..self.to).unwrap_or_default();
            if self.damaged && memchr::memchr2(b'\n', b'\r', new).is_some() {
                let name = self.encoding.value.clone();
                let problem = match self.encoding.sure {
                    Sure::Given => format!("the bytes are not valid {name}"),
                    _ => format!("the bytes were read as {name} and are not valid {name} further on; pass encoding="),
                };
                return Err(self.fail(None, problem));
            }
            if let Some(last) = new.last() {
                self.ends_with_line = b"\r\n".contains(last);
            }
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                DecoderResult::Malformed(..) => {
                    self.damaged = true;
                    self.ends_with_line = false;
                    if self.text.len() < self.to + REPLACEMENT.len() {
                        self.text.resize(self.to + REPLACEMENT.len() + piece.len() + 16, 0);
                    }
                    if let Some(room) = self.text.get_mut(self.to..self.to + REPLACEMENT.len()) {
                        room.copy_from_slice(REPLACEMENT);
                        self.to += REPLACEMENT.len();
                    }
                }
            }
        }
    }
}

/// Encoding and length of its byte-order mark; nothing is found out where the bytes may be UTF-8 or GB18030.
fn by_first_bytes(first: &[u8]) -> (&'static Encoding, usize, Option<Detected>) {
    if let Some((encoding, length)) = Encoding::for_bom(first) {
        let detected = Detected::new(encoding.name().to_lowercase(), "byte-order mark", Sure::Certain);
        return (encoding, length, Some(detected));
    }
    let utf16 = |encoding: &'static Encoding| {
        let why = "every other byte of the first line is zero";
        (encoding, 0, Some(Detected::new(encoding.name().to_lowercase(), why, Sure::Likely)))
    };
    // Text of mostly ASCII characters in UTF-16 has a zero in every other byte.
    let head = first.get(..first.len().min(200) & !1).unwrap_or_default();
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = head.len() / 2;
    if half > 0 && even.max(odd) * 10 >= half * 6 && even.min(odd) == 0 {
        return utf16(if odd > even { UTF_16LE } else { UTF_16BE });
    }
    (UTF_8, 0, None)
}
