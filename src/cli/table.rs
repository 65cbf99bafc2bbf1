//! Tables that fit the terminal.
//!
//! Takes: cells, each a list of entries, and the width of the terminal. Gives: text.
//!
//! Invariants: as long as two columns fit, no line of the table is wider than the terminal. Before a line would wrap,
//! cells with
//! several entries are stacked, then columns are left out by importance and named below the table. Notes stand below
//! their row.
//! Without a known width, nothing is stacked or left out.

use std::borrow::Cow;

/// The number of spaces between two columns.
const GAP: usize = 2;

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) heading: &'static str,
    /// Columns with the highest number are left out first; columns with 0 always stay.
    pub(super) expendable: u8,
}

/// A row of the table, such as a container or a machine.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// One cell for each column, each a list of entries. An empty cell is shown as `-`.
    pub(super) cells: Vec<Vec<String>>,
    /// The coloured column, and its ECMA-48 colour.
    pub(super) colour: Option<(usize, u8)>,
    /// Further lines below the row.
    pub(super) notes: Vec<String>,
}

/// Renders the table in at most `width` characters. `colour` says whether to use colours.
pub(super) fn table(columns: &[Column], rows: &[Row], width: Option<usize>, colour: bool) -> String {
    let all: Vec<usize> = (0..columns.len()).collect();
    let mut layout = Layout { shown: all, stacked: false };
    if let Some(width) = width {
        layout.stacked = layout.width(columns, rows) > width;
        while layout.width(columns, rows) > width {
            let expendable = layout.shown.iter().filter(|column| columns[**column].expendable > 0);
            let Some(&least) = expendable.max_by_key(|column| columns[**column].expendable) else { break };
            layout.shown.retain(|column| *column != least);
        }
    }
    layout.draw(columns, rows, width, colour)
}

struct Layout {
    /// The indices of the shown columns.
    shown: Vec<usize>,
    /// Whether the entries of a cell are stacked.
    stacked: bool,
}

impl Layout {
    /// The lines of a cell.
    fn cell<'a>(&self, entries: &'a [String]) -> Vec<Cow<'a, str>> {
        match entries {
            [] => vec![Cow::Borrowed("-")],
            entries if self.stacked => entries.iter().map(|entry| Cow::Borrowed(entry.as_str())).collect(),
            entries => vec![Cow::Owned(entries.join(" "))],
        }
    }

    fn widths(&self, columns: &[Column], rows: &[Row]) -> Vec<usize> {
        let widest = |column: usize| {
            let cells = rows.iter().flat_map(|row| self.cell(&row.cells[column]));
            let widest = cells.map(|line| line.chars().count()).max().unwrap_or_default();
            widest.max(columns[column].heading.len())
        };
        self.shown.iter().map(|column| widest(*column)).collect()
    }

    fn width(&self, columns: &[Column], rows: &[Row]) -> usize {
        let widths = self.widths(columns, rows);
        widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
    }

    fn draw(&self, columns: &[Column], rows: &[Row], width: Option<usize>, colour: bool) -> String {
        let widths = self.widths(columns, rows);
        let headings: Vec<&str> = self.shown.iter().map(|column| columns[*column].heading).collect();
        let mut lines = vec![self.line(&headings, &widths, None)];
        for row in rows {
            let cells: Vec<_> = self.shown.iter().map(|column| self.cell(&row.cells[*column])).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or_default();
            for at in 0..height {
                let entries: Vec<&str> =
                    cells.iter().map(|cell| cell.get(at).map_or("", |entry| entry.as_ref())).collect();
                lines.push(self.line(&entries, &widths, row.colour.filter(|_| colour)));
            }
            lines.extend(row.notes.iter().flat_map(|note| wrapped(note, "    ", width)));
        }
        let left_out = (0..columns.len()).filter(|column| !self.shown.contains(column));
        let left_out: Vec<&str> = left_out.map(|column| columns[column].heading).collect();
        if !left_out.is_empty() {
            let note = format!("No room for {}; `--json` shows all columns.", left_out.join(", "));
            lines.extend(wrapped(&note, "", width));
        }
        lines.join("\n") + "\n"
    }

    /// Renders one line of the table, with the column `painted` in its colour.
    fn line(&self, entries: &[&str], widths: &[usize], painted: Option<(usize, u8)>) -> String {
        let mut line = String::new();
        for ((entry, width), column) in entries.iter().zip(widths).zip(&self.shown) {
            // Escape sequences take no space, so the padding ignores them.
            let padding = " ".repeat(width + GAP - entry.chars().count());
            match painted.filter(|(painted, _)| painted == column && !entry.is_empty()) {
                Some((_, colour)) => line.push_str(&format!("\x1b[{colour}m{entry}\x1b[0m{padding}")),
                None => line.extend([*entry, padding.as_str()]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// Wraps a text into lines that begin with `indent`. A word that is too long for a line, such as a path, stays whole.
fn wrapped(text: &str, indent: &str, width: Option<usize>) -> Vec<String> {
    let mut lines = vec![String::from(indent)];
    for (at, word) in text.split(' ').enumerate() {
        let line = lines.last_mut().expect("there is always a last line");
        let longer = line.chars().count() + 1 + word.chars().count();
        if at > 0 && width.is_some_and(|width| longer > width) {
            lines.push(format!("{indent}  {word}"));
        } else {
            line.extend([if at > 0 { " " } else { "" }, word]);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 4] = [
        Column { heading: "NAME", expendable: 0 },
        Column { heading: "STATE", expendable: 0 },
        Column { heading: "PORTS", expendable: 1 },
        Column { heading: "MEMORY", expendable: 2 },
    ];

    fn rows() -> Vec<Row> {
        let cell = |text: &str| text.split_whitespace().map(String::from).collect();
        vec![
            Row {
                cells: ["web", "running", "tcp:8080->80 udp:53->53", "12MiB"].map(cell).to_vec(),
                colour: Some((1, 32)),
                notes: vec![String::from("drift: runs something else than will boot")],
            },
            Row { cells: ["db", "failed", "", ""].map(cell).to_vec(), ..Row::default() },
        ]
    }

    #[test]
    fn wide_cells_are_stacked_and_then_columns_are_left_out() {
        insta::assert_snapshot!(table(&COLUMNS, &rows(), None, false), @r"
        NAME  STATE    PORTS                    MEMORY
        web   running  tcp:8080->80 udp:53->53  12MiB
            drift: runs something else than will boot
        db    failed   -                        -
        ");
        insta::assert_snapshot!(table(&COLUMNS, &rows(), Some(40), false), @r"
        NAME  STATE    PORTS         MEMORY
        web   running  tcp:8080->80  12MiB
                       udp:53->53
            drift: runs something else than will
              boot
        db    failed   -             -
        ");
        insta::assert_snapshot!(table(&COLUMNS, &rows(), Some(30), false), @r"
        NAME  STATE    PORTS
        web   running  tcp:8080->80
                       udp:53->53
            drift: runs something else
              than will boot
        db    failed   -
        No room for MEMORY; `--json`
          shows all columns.
        ");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_colours_take_no_room() {
        for width in 16..60 {
            let plain = table(&COLUMNS, &rows(), Some(width), false);
            assert!(plain.lines().all(|line| line.chars().count() <= width), "{width}:\n{plain}");
            let coloured = table(&COLUMNS, &rows(), Some(width), true);
            assert_ne!(coloured, plain);
            assert_eq!(coloured.replace("\x1b[32m", "").replace("\x1b[0m", ""), plain);
        }
    }
}
