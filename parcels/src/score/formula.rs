//! Indicator formulas over numeric columns, with [`exmex`]. A missing value is NaN inside and makes every result
//! missing that it enters.

use exmex::{BinOp, Express, FlatEx, MakeOperators, Operator};
use rayon::prelude::*;

use super::grammar::{NEGATE, rewrite};
use crate::message;
use crate::message::Message;

/// Magnitude from which a result counts as overflow, so that sums of squares of results stay finite.
const OVERFLOW: f64 = 1e150;

type Unary = fn(f64) -> f64;
type Binary = fn(f64, f64) -> f64;

/// Functions of one value.
const UNARY: [(&str, Unary); 7] = [
    ("abs", |a| known(a.abs())),
    ("sqrt", |a| known(a.sqrt())),
    ("ln", |a| known(a.ln())),
    ("log10", |a| known(a.log10())),
    ("exp", |a| known(a.exp())),
    ("floor", |a| known(a.floor())),
    ("round", |a| known(a.round())),
];

/// Operators between two values, with their precedence: a higher one binds tighter, equal ones from the left.
const BINARY: [(&str, i64, Binary); 14] = [
    (">", 0, |a, b| both(a, b, |a, b| f64::from(u8::from(a > b)))),
    (">=", 0, |a, b| both(a, b, |a, b| f64::from(u8::from(a >= b)))),
    ("<", 0, |a, b| both(a, b, |a, b| f64::from(u8::from(a < b)))),
    ("<=", 0, |a, b| both(a, b, |a, b| f64::from(u8::from(a <= b)))),
    ("==", 0, |a, b| both(a, b, |a, b| f64::from(u8::from(a == b)))),
    ("!=", 0, |a, b| both(a, b, |a, b| f64::from(u8::from(a != b)))),
    ("min", 0, |a, b| both(a, b, f64::min)),
    ("max", 0, |a, b| both(a, b, f64::max)),
    ("+", 1, |a, b| both(a, b, |a, b| a + b)),
    ("-", 1, |a, b| both(a, b, |a, b| a - b)),
    ("*", 2, |a, b| both(a, b, |a, b| a * b)),
    ("/", 2, |a, b| both(a, b, |a, b| a / b)),
    (NEGATE, 3, |a, b| both(a, b, |a, b| a * b)),
    ("^", 4, |a, b| both(a, b, f64::powf)),
];

/// Missing (NaN) unless finite: division by zero and logarithms of nothing have no value.
fn known(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

/// `f` of two known values. The check comes first, for `f64::min`, comparisons and `x^0` would swallow a NaN.
fn both(a: f64, b: f64, f: Binary) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { known(f(a, b)) }
}

#[derive(Clone, Debug)]
struct Operators;

impl MakeOperators<f64> for Operators {
    fn make<'a>() -> Vec<Operator<'a, f64>> {
        let binary = BINARY.into_iter().map(|(name, prio, apply)| {
            // Nothing is called commutative: exmex reorders what is.
            let between = BinOp { apply, prio, is_commutative: false };
            if name == "-" {
                Operator::make_bin_unary(name, between, |a| -a)
            } else {
                Operator::make_bin(name, between)
            }
        });
        binary.chain(UNARY.into_iter().map(|(name, apply)| Operator::make_unary(name, apply))).collect()
    }
}

/// A formula that was read.
pub(super) struct Formula(FlatEx<f64, Operators>);

impl Formula {
    /// Reads `text`; the error says in words what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, Message> {
        let plain = rewrite(text, &UNARY.map(|(name, _)| name))?;
        FlatEx::parse_wo_compile(&plain).map(Self).map_err(|e| message!("as-said", text = e.msg()))
    }

    /// The columns it reads, in the order in which [`Formula::eval`] takes them.
    pub(super) fn names(&self) -> &[String] {
        self.0.var_names()
    }

    /// Its value in each of `rows` rows. `columns`: one slice of `rows` values for each of [`Formula::names`], NaN
    /// where missing.
    pub(super) fn eval(&self, columns: &[&[f64]], rows: usize) -> Vec<Option<f64>> {
        (0..rows)
            .into_par_iter()
            .with_min_len(1024)
            .map_init(
                || vec![0.0; columns.len()],
                |operands, row| {
                    for (operand, column) in operands.iter_mut().zip(columns) {
                        *operand = column[row];
                    }
                    // exmex fails only on a wrong number of operands. Adding 0 turns −0 into 0.
                    self.0.eval(operands).ok().filter(|value| value.abs() < OVERFLOW).map(|value| value + 0.0)
                },
            )
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The value of `text` where the columns hold `values`.
    fn value(text: &str, values: &[(&str, f64)]) -> Option<f64> {
        let formula = Formula::parse(text).unwrap();
        let columns: Vec<[f64; 1]> =
            formula.names().iter().map(|n| [values.iter().find(|(v, _)| v == n).unwrap().1]).collect();
        let columns: Vec<&[f64]> = columns.iter().map(|c| c.as_slice()).collect();
        formula.eval(&columns, 1)[0]
    }

    #[test]
    fn precedence_is_the_schoolbook_s() {
        for (text, expected) in [
            ("-2^2", -4.0),
            ("(-2)^2", 4.0),
            ("2^-3", 0.125),
            ("2^-3*8", 1.0),
            ("3--2", 5.0),
            ("3*-2^2", -12.0),
            ("--2", 2.0),
            ("-ln(exp(3))^2", -9.0),
            ("12/3*2", 8.0),
            ("2*12/3", 8.0),
            ("12/(3*2)", 2.0),
            ("8-3-2", 3.0),
            ("8-3*2", 2.0),
            ("2*3^2", 18.0),
            ("1+2 > 2", 1.0),
            ("2 < 1+2", 1.0),
            ("1 + (2 > 2)", 1.0),
            ("2 >= 2", 1.0),
            ("2 != 2", 0.0),
            ("2 == 2", 1.0),
            ("(1 < 2) * (2 < 3)", 1.0),
            ("min(1+1, max(3, 4), 5)", 2.0),
            ("10 - min(2, 3) * max(2, 3)", 4.0),
            ("max(-1, -min(2, 3))", -1.0),
            ("min(1, 2) > max(0, 0.5)", 1.0),
            ("abs(-2.5) + sqrt(9) + log10(1000)", 8.5),
            ("floor(-0.5) + round(2.5)", 2.0),
            ("1e3 + 1.5E-1 + .5", 1000.65),
            ("((((7))))", 7.0),
            ("1\n+\t1", 2.0),
        ] {
            let found = value(text, &[]).unwrap();
            assert!((found - expected).abs() < 1e-12, "{text} = {found}, not {expected}");
        }
    }

    #[test]
    fn a_long_formula_is_read_whole() {
        let text = vec!["x * 2 - x"; 500].join(" + ");
        assert_eq!(value(&text, &[("x", 3.0)]), Some(1500.0));
        let endless = vec!["x"; 100_000].join(" + ");
        assert!(Formula::parse(&endless).is_err_and(|why| why.code == "formula-too-long"));
    }

    #[test]
    fn any_column_name_is_a_name() {
        let columns = [
            ("min_x", 2.0),
            ("max", 3.0),
            ("expenditure", 5.0),
            ("E", 7.0),
            ("PI", 11.0),
            ("ln2", 13.0),
            ("研发费用（万元）", 17.0),
            ("a-b", 19.0),
        ];
        assert_eq!(value("min_x * max * expenditure * E * PI", &columns), Some(2310.0));
        assert_eq!(value("{研发费用（万元）} + ln2 + { a-b }+{E}", &columns), Some(56.0));
        assert_eq!(value("min(min_x, max)", &columns), Some(2.0));
        assert_eq!(Formula::parse("b + a + {b} + B").unwrap().names(), ["B", "a", "b"]);
    }

    #[test]
    fn a_missing_operand_makes_the_result_missing() {
        let columns = [("a", f64::NAN), ("b", 1.0), ("zero", 0.0), ("big", 1e140)];
        for text in [
            "a + b",
            "b - a",
            "a * zero",
            "b / a",
            "a ^ zero",
            "b ^ a",
            "min(a, b)",
            "max(b, a)",
            "a > b",
            "b < a",
            "a == a",
            "a != b",
            "abs(a)",
            "-a",
            "round(a)",
            "b / zero",
            "zero / zero",
            "ln(zero)",
            "ln(-b)",
            "log10(zero)",
            "sqrt(-b)",
            "exp(1000)",
            "big ^ 3",
            "big * big",
            "big * 1e11",
            "(-b) ^ 0.5",
        ] {
            assert_eq!(value(text, &columns), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_explained() {
        for (text, hint) in [
            ("", "empty"),
            ("研发费用 / b", "formula-name-in-braces (name: \"研发费用\")"),
            ("rd费用 / b", "formula-name-in-braces"),
            ("a / {b", "formula-brace-open"),
            ("a * {}", "formula-brace-name"),
            ("a +", "formula-ends"),
            ("a * / b", "-missing (token: \"`/`\")"),
            ("a b", "-missing (token: \"`b`\")"),
            ("2a", "-missing (token: \"`a`\")"),
            ("a (b)", "formula-no-function"),
            ("sin(a)", "formula-no-function"),
            ("ln a", "-missing (token: \"`a`\")"),
            ("(a", "formula-open"),
            ("a)", "formula-close"),
            ("()", "-missing (token: \"`)`\")"),
            ("a, b", "formula-comma"),
            ("min(a)", "formula-two-values"),
            ("ln(a, b)", "formula-one-value"),
            ("(a, b)", "formula-comma"),
            ("a = b", "formula-single-equals"),
            ("a（b", "formula-sign-plain"),
            ("a × b", "formula-sign-plain"),
            ("a ≥ b", "formula-comparison-sign"),
            ("a＝b", "formula-single-equals"),
            ("min(a；b)", "formula-sign-plain"),
            ("a ％", "formula-percent"),
            ("a < b < c", "formula-two-comparisons"),
            ("a ^ b ^ c", "formula-two-powers"),
            ("12%", "formula-percent"),
            ("1.2.3", "-missing (token: \"`0.3`\")"),
            ("a . b", "formula-no-number"),
            ("1e999", "formula-no-number"),
            ("a \u{0} b", "formula-sign"),
        ] {
            let why = Formula::parse(text).err().unwrap_or_else(|| panic!("{text} was read"));
            assert!(why.to_string().contains(hint), "{text}: {why}");
        }
    }

    /// A formula as a tree: how it is written, and its value by plain recursion.
    #[derive(Debug, Clone)]
    enum Tree {
        Leaf(usize),
        Negative(Box<Tree>),
        Between(&'static str, Box<Tree>, Box<Tree>),
        Call(&'static str, Box<Tree>, Box<Tree>),
    }

    impl Tree {
        fn binds(&self) -> u8 {
            match self {
                Self::Leaf(_) | Self::Call(..) => 9,
                Self::Negative(_) => 3,
                Self::Between("^", ..) => 4,
                Self::Between("*" | "/", ..) => 2,
                Self::Between("+" | "-", ..) => 1,
                Self::Between(..) => 0,
            }
        }

        /// Written with as few parentheses as schoolbook precedence allows.
        fn text(&self) -> String {
            let child = |tree: &Self, least: u8| {
                if tree.binds() >= least { tree.text() } else { format!("({})", tree.text()) }
            };
            match self {
                Self::Leaf(at) => format!("x{at}"),
                Self::Negative(a) => format!("-{}", child(a, 3)),
                Self::Between(op, a, b) => {
                    // Comparisons and powers do not chain; the others do from the left.
                    let chains = matches!(self.binds(), 1 | 2);
                    let left = self.binds() + u8::from(!chains);
                    format!("{} {op} {}", child(a, left), child(b, self.binds() + 1))
                }
                Self::Call(name, a, b) => format!("{name}({}, {})", a.text(), b.text()),
            }
        }

        fn value(&self, x: &[f64]) -> f64 {
            let value = match self {
                Self::Leaf(at) => x[*at],
                Self::Negative(a) => -a.value(x),
                Self::Between(op, a, b) | Self::Call(op, a, b) => {
                    let (a, b) = (a.value(x), b.value(x));
                    if a.is_nan() || b.is_nan() {
                        return f64::NAN;
                    }
                    match *op {
                        "+" => a + b,
                        "-" => a - b,
                        "*" => a * b,
                        "/" => a / b,
                        "^" => a.powf(b),
                        "<" => f64::from(u8::from(a < b)),
                        ">=" => f64::from(u8::from(a >= b)),
                        "min" => a.min(b),
                        _ => a.max(b),
                    }
                }
            };
            if value.is_finite() { value } else { f64::NAN }
        }
    }

    fn tree() -> impl Strategy<Value = Tree> {
        (0..12_usize).prop_map(Tree::Leaf).prop_recursive(7, 90, 2, |inner| {
            let pair = (inner.clone(), inner.clone());
            prop_oneof![
                inner.prop_map(|a| Tree::Negative(a.into())),
                (prop::sample::select(vec!["+", "-", "*", "/", "^", "<", ">="]), pair.clone())
                    .prop_map(|(op, (a, b))| Tree::Between(op, a.into(), b.into())),
                (prop::sample::select(vec!["min", "max"]), pair).prop_map(|(op, (a, b))| Tree::Call(
                    op,
                    a.into(),
                    b.into()
                )),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn formulas_mean_what_their_tree_says(
            tree in tree(),
            x in prop::collection::vec(prop_oneof![4 => -3.0..3.0, 1 => Just(0.0), 1 => Just(f64::NAN)], 12),
        ) {
            let names: Vec<String> = (0..12).map(|at| format!("x{at}")).collect();
            let columns: Vec<(&str, f64)> = names.iter().map(String::as_str).zip(x.iter().copied()).collect();
            let expected = Some(tree.value(&x)).filter(|v| v.abs() < OVERFLOW);
            prop_assert_eq!(value(&tree.text(), &columns), expected, "{}", tree.text());
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[-+*/^<>=!(){},. a-c0-9é研]{0,24}") {
            if let Ok(formula) = Formula::parse(&text) {
                let column: &[f64] = &[1.5];
                formula.eval(&vec![column; formula.names().len()], 1);
            }
        }
    }
}
