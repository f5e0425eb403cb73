//! Tables and blocks of fields for people, without lines around them.

use comfy_table::Attribute;
use comfy_table::Cell as TableCell;
use comfy_table::Color;
use comfy_table::ContentArrangement;
use comfy_table::presets;

use super::output::Face;
use super::output::Tone;
use crate::clock::Instant;

/// One cell: its text and how it is meant.
pub(super) struct Cell(String, Tone);

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self(text.into(), Tone::Plain)
    }
}

/// A cell in a tone.
pub(super) fn toned(text: impl Into<String>, tone: Tone) -> Cell {
    Cell(text.into(), tone)
}

/// Something that may be absent.
pub(super) fn or_dash(text: Option<impl Into<String>>) -> Cell {
    text.map_or_else(|| toned("-", Tone::Dim), Cell::from)
}

/// Draws rows under a header.
pub(super) fn table<const N: usize>(
    face: Face,
    header: [&str; N],
    rows: impl IntoIterator<Item = [Cell; N]>,
) -> String {
    let mut table = plain(face);
    table.set_header(header.map(|name| TableCell::new(name).add_attribute(Attribute::Bold)));
    for row in rows {
        table.add_row(row.map(drawn));
    }
    finish(table)
}

/// Draws names and values, one pair a line.
pub(super) fn fields<'a>(face: Face, rows: impl IntoIterator<Item = (&'a str, Cell)>) -> String {
    let mut table = plain(face);
    for (name, value) in rows {
        table.add_row([drawn(toned(name, Tone::Dim)), drawn(value)]);
    }
    finish(table)
}

/// A moment for people, in UTC to the minute.
pub(super) fn moment(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

fn plain(face: Face) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(presets::NOTHING).force_no_tty();
    if face.is_colored {
        table.enforce_styling();
    }
    match face.width {
        Some(width) => table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table
}

fn finish(mut table: comfy_table::Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    format!("{}\n", table.trim_fmt())
}

fn drawn(Cell(text, tone): Cell) -> TableCell {
    // A label can be anybody's text: it must not move the cursor or ring the bell.
    let text: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    let cell = TableCell::new(text);
    match tone {
        Tone::Plain => cell,
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Dim => cell.add_attribute(Attribute::Dim),
        Tone::Good => cell.fg(Color::DarkGreen),
        Tone::Warning => cell.fg(Color::DarkYellow),
        Tone::Bad => cell.fg(Color::DarkRed),
    }
}
