//! Cuts out the part of a text that a snippet shows.
//!
//! The excerpt keeps line numbers, but drops everything far from the labels and cuts long lines, so that the renderer
//! never copies or prints megabytes. The labelled ranges are adjusted to match.

use std::ops::Range;

/// Longer lines are cut to this many bytes.
const WIDEST: usize = 300;
/// How many bytes of a cut line stay before its first label.
const BEFORE: usize = 80;
/// A label with this many line breaks or more is cut to its first line.
const MOST_LINES: usize = 8;
/// Marks where something was cut off.
const ELLIPSIS: &str = "...";

/// A text to draw, and the labelled ranges in it.
pub(super) struct Excerpt {
    pub(super) text: String,
    pub(super) labels: Vec<Range<usize>>,
}

/// The lines of `text` from the first of `labels` (byte ranges) to the last, and one more at each end.
pub(super) fn excerpt(text: &str, labels: &[Range<usize>]) -> Excerpt {
    let labels: Vec<_> = labels.iter().map(|label| first_lines(text, label.clone())).collect();
    let first = labels.iter().map(|label| label.start).min().unwrap_or_default();
    let last = labels.iter().map(|label| label.end).max().unwrap_or_default();
    let own = line_start(text, first);
    let start = line_start(text, own.saturating_sub(1));
    let end = line_end(text, (line_end(text, last) + 1).min(text.len()));

    // Whatever draws the excerpt counts newlines to number the lines.
    let mut cut = "\n".repeat(text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count());
    let mut moved = vec![0..0; labels.len()];
    let mut from = start;
    for line in text[start..end].split_inclusive('\n') {
        let range = from..from + line.len();
        let kept = kept(text, range.clone(), &labels);
        if kept.start > range.start {
            cut.push_str(ELLIPSIS);
        }
        let shift = |at: usize| cut.len() + at.clamp(kept.start, kept.end) - kept.start;
        for (label, moved) in labels.iter().zip(&mut moved) {
            let holds = |at| range.contains(&at) || at == text.len() && range.end == text.len();
            if holds(label.start) {
                moved.start = shift(label.start);
            }
            if holds(label.end) {
                moved.end = shift(label.end);
            }
        }
        cut.push_str(&text[kept.clone()]);
        if kept.end < range.end {
            cut.push_str(ELLIPSIS);
            if line.ends_with('\n') {
                cut.push('\n');
            }
        }
        from = range.end;
    }
    for label in &mut moved {
        label.end = label.end.max(label.start);
    }
    Excerpt { text: cut, labels: moved }
}

/// The part of the line at `range` that is kept.
fn kept(text: &str, range: Range<usize>, labels: &[Range<usize>]) -> Range<usize> {
    if range.len() <= WIDEST {
        return range;
    }
    let marks = labels.iter().flat_map(|label| [label.start, label.end]);
    let first = marks.filter(|mark| range.contains(mark) || *mark == range.end).min().unwrap_or(range.start);
    let start = boundary(text, first.saturating_sub(BEFORE).max(range.start));
    start..boundary(text, (start + WIDEST).min(range.end))
}

/// `label`, or only its first line if it spans too many.
fn first_lines(text: &str, label: Range<usize>) -> Range<usize> {
    let label = boundary(text, label.start.min(text.len()))..boundary(text, label.end.min(text.len()));
    let lines = text.as_bytes()[label.clone()].iter().filter(|&&byte| byte == b'\n').take(MOST_LINES).count();
    if lines < MOST_LINES { label } else { label.start..line_end(text, label.start) }
}

/// The start of the line that contains `at`.
fn line_start(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1)
}

/// The end of the line that contains `at`, before its newline.
fn line_end(text: &str, at: usize) -> usize {
    text.as_bytes()[at..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |length| at + length)
}

/// The nearest character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default()
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "one label is what most diagnostics have")]
mod tests {
    use super::*;

    #[test]
    fn short_texts_stay_as_they_are_but_for_what_is_far_away() {
        let cut = excerpt("one\ntwo\nthree\nfour\nfive\nsix\n", &[14..18]);
        assert_eq!((cut.text.as_str(), &cut.text[cut.labels[0].clone()]), ("\n\nthree\nfour\nfive", "four"));
        let cut = excerpt("one", &[3..3]);
        assert_eq!((cut.text.as_str(), cut.labels), ("one", vec![3..3]));
        let cut = excerpt("", &[0..0]);
        assert_eq!((cut.text.as_str(), cut.labels), ("", vec![0..0]));
        let cut = excerpt("one\n\n", &[5..5]);
        assert_eq!((cut.text.as_str(), cut.labels), ("\n\n", vec![2..2]));
    }

    #[test]
    fn long_lines_are_cut_around_their_labels() {
        let long = format!("a\n{}LABEL{}\nb", "é".repeat(10_000), "ü".repeat(10_000));
        let at = 2 + 20_000;
        let cut = excerpt(&long, &[at..at + 5]);
        assert_eq!(&cut.text[cut.labels[0].clone()], "LABEL");
        assert!(cut.text.starts_with("a\n...é") && cut.text.ends_with("ü...\nb"), "{}", cut.text);
        assert!(cut.text.len() < 400, "{}", cut.text.len());
    }

    #[test]
    fn a_label_over_many_lines_is_shown_on_its_first() {
        let many = "line\n".repeat(1000);
        let cut = excerpt(&many, &[2..4000]);
        assert_eq!((cut.text.as_str(), &cut.text[cut.labels[0].clone()]), ("line\nline", "ne"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_and_any_label_give_ranges_in_what_is_shown(
            text in "([a-z\u{e4}\n]|x{200}){0,40}", a in 0usize..3000, b in 0usize..3000,
        ) {
            let (a, b) = (a.min(text.len()), b.min(text.len()));
            let cut = excerpt(&text, &[a.min(b)..a.max(b), b..b]);
            for label in &cut.labels {
                proptest::prop_assert!(cut.text.get(label.clone()).is_some(), "{label:?} in {:?}", cut.text);
            }
        }
    }
}
