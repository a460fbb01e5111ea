//! Patterns of LIKE: `%` for anything, `_` for one character, `\` before a character that means itself.

/// A pattern, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Mark>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Any,
    One,
    This(char),
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let mut marks = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            marks.push(match c {
                '%' => Mark::Any,
                '_' => Mark::One,
                '\\' => Mark::This(chars.next().unwrap_or('\\')),
                c => Mark::This(c),
            });
        }
        Self(marks)
    }

    /// Whether the whole of `text` fits. Going back to the last `%` alone is enough, so that the time is at most pattern
    /// times text and no pattern is a trap.
    pub(super) fn fits(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut at = 0;
        let mut again: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            match self.0.get(at) {
                Some(Mark::Any) => {
                    at += 1;
                    again = Some((at, rest.clone()));
                    continue;
                }
                None if rest.as_str().is_empty() => return true,
                Some(mark) if rest.next().is_some_and(|c| *mark == Mark::One || *mark == Mark::This(c)) => {
                    at += 1;
                    continue;
                }
                Some(_) | None => {}
            }
            // It failed: let the last % take one character more.
            let Some((mark, mut later)) = again.take() else { return false };
            if later.next().is_none() {
                return false;
            }
            at = mark;
            rest = later.clone();
            again = Some((mark, later));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_fit_whole_texts() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("a%c", "abbc", true),
            ("a%c", "abcb", false),
            ("%研发%", "高研发投入", true),
            ("_研%", "高研发", true),
            ("___", "研发", false),
            (r"100\%", "100%", true),
            (r"100\%", "1000", false),
            ("%ab%ab%", "abab", true),
            ("%ab%ab%", "aba", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
        }
        let trap = "%a".repeat(500);
        assert!(!Pattern::new(&trap).fits(&"a".repeat(400)));
    }
}
