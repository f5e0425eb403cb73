//! How a tenant shows itself to its customers: a colour that stays readable whatever it is, and a logo.

use std::fmt;

use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;

/// Largest logo.
pub const MAX_LOGO_BYTES: usize = 200 * 1024;

/// The contrast that text needs (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;

/// A colour by its red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub [u8; 3]);

impl Color {
    pub const WHITE: Self = Self([0xff; 3]);
    pub const BLACK: Self = Self([0x10, 0x15, 0x1c]);

    /// Reads `#rrggbb`.
    ///
    /// # Errors
    /// The wrong field `color`.
    pub fn parse(text: &str) -> Result<Self> {
        Self::read(text).ok_or_else(|| {
            let wrong =
                FieldError::new("color", "invalid_color", "a colour is `#` and six digits of 0-9, a-f: #1f5fbf");
            Error::of_fields(vec![wrong]).unwrap_or_else(|| Error::bug("no wrong field"))
        })
    }

    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        // `from_str_radix` takes a sign.
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// White or nearly black, whichever is read better on it.
    #[must_use]
    pub fn ink(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) { Self::WHITE } else { Self::BLACK }
    }

    /// The nearest shade of it that is readable as text on `ground`.
    #[must_use]
    pub fn readable_on(self, ground: Self) -> Self {
        let toward = ground.ink();
        let shade = |step: u16| {
            let mix = |from: u8, to: u8| {
                let mixed = (u16::from(from) * (32 - step) + u16::from(to) * step) / 32;
                u8::try_from(mixed).unwrap_or(to)
            };
            Self(std::array::from_fn(|at| mix(self.0[at], toward.0[at])))
        };
        (0..=32).map(shade).find(|shade| shade.contrast(ground) >= READABLE).unwrap_or(toward)
    }

    /// From 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// A kind of picture, told by its first bytes; what a browser was told of it does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoKind {
    Png,
    Jpeg,
}

impl LogoKind {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            _ => None,
        }
    }

    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// # Errors
/// The wrong field `logo`.
pub fn check_logo(bytes: &[u8]) -> Result<LogoKind> {
    let wrong = |code, message: String| {
        Error::of_fields(vec![FieldError::new("logo", code, message)]).unwrap_or_else(|| Error::bug("no wrong field"))
    };
    if bytes.len() > MAX_LOGO_BYTES {
        return Err(wrong("too_large", format!("a logo has at most {} kB; make it smaller", MAX_LOGO_BYTES / 1024)));
    }
    LogoKind::of(bytes).ok_or_else(|| wrong("not_a_picture", "a logo is a PNG or JPEG file".to_owned()))
}

/// What is known of a tenant's looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand {
    pub color: Option<Color>,
    /// The digest of the logo; absent: there is none.
    pub logo: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_strictly() {
        assert_eq!(Color::parse("#1F5fbf").unwrap().to_string(), "#1f5fbf");
        for bad in ["", "1f5fbf", "#1f5fb", "#1f5fbff", "#+1f5fb", "#1f5fbg", "#ééé", "red;}body{"] {
            assert_eq!(Color::parse(bad).unwrap_err().code, "invalid_fields", "{bad}");
        }
    }

    #[test]
    fn every_colour_becomes_readable_on_light_and_on_dark() {
        let dark = Color([0x1a, 0x1f, 0x26]);
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let color = Color([red, green, blue]);
                    for ground in [Color::WHITE, dark] {
                        let shade = color.readable_on(ground);
                        assert!(shade.contrast(ground) >= READABLE, "{color} on {ground}: {shade}");
                        assert!(shade.ink().contrast(shade) >= READABLE, "on {shade}");
                    }
                }
            }
        }
        let own = Color([0x1f, 0x5f, 0xbf]);
        assert_eq!(own.readable_on(Color::WHITE), own, "what is readable stays as it is");
    }

    #[test]
    fn a_logo_is_what_its_bytes_say() {
        assert_eq!(check_logo(b"\x89PNG\r\n\x1a\n....").unwrap(), LogoKind::Png);
        assert_eq!(check_logo(&[0xff, 0xd8, 0xff, 0xe0]).unwrap(), LogoKind::Jpeg);
        for bad in [&b"<svg onload=alert(1)>"[..], b"", b"GIF89a", &vec![0x89; MAX_LOGO_BYTES + 1]] {
            assert_eq!(check_logo(bad).unwrap_err().code, "invalid_fields");
        }
    }
}
