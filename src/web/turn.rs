//! Long lists in memory, one page at a time.

use serde::Serialize;

/// Where one is in a list, and where one can turn to.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pages {
    /// "51–100 of 10,000"; absent where all of it is shown.
    label: Option<String>,
    previous: Option<String>,
    next: Option<String>,
}

impl Pages {
    /// Of a list whose end nobody counted.
    #[must_use]
    pub fn of_cursor(first: Option<String>, next: Option<String>) -> Self {
        Self { label: None, previous: first, next }
    }
}

/// The items of one page (`0` and `1` are the first), and where to turn to; `url` makes the address of a page.
pub fn turn<T>(items: &[T], (page, size): (usize, usize), url: impl Fn(String) -> String) -> (&[T], Pages) {
    let last = items.len().div_ceil(size).max(1);
    let page = page.clamp(1, last);
    let start = (page - 1) * size;
    let end = (start + size).min(items.len());
    let label = (last > 1).then(|| format!("{}–{} of {}", number(start + 1), number(end), number(items.len())));
    let previous = (page > 1).then(|| url((page - 1).to_string()));
    let next = (page < last).then(|| url((page + 1).to_string()));
    (&items[start..end], Pages { label, previous, next })
}

/// With commas between thousands.
#[must_use]
pub fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut written = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_do_not_lead_beyond_the_list() {
        let items: Vec<usize> = (0..120).collect();
        let at = |page| turn(&items, (page, 50), |page| page);
        assert_eq!(at(0), at(1));
        assert_eq!(at(2).0[0], 50);
        let (shown, pages) = at(99);
        assert_eq!((shown.len(), pages.label.as_deref()), (20, Some("101–120 of 120")));
        assert_eq!((pages.previous.as_deref(), pages.next), (Some("2"), None));
        assert_eq!(turn(&items[..0], (7, 50), |page| page), (&items[..0], Pages::default()));
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }
}
