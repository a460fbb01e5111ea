//! CQL2 as JSON. `serde_json` itself refuses more than 128 levels, before anything here runs.

use parcels::message;
use parcels::message::Message;
use serde_json::Value;

use super::build::{Builder, no_such_function, shown};
use super::{Comparison, Expr, Place, Refused, Relation, Result, Scalar, shape};

pub(super) fn read(text: &str, builder: &mut Builder<'_>) -> Result<Expr> {
    let value: Value = serde_json::from_str(text)
        .map_err(|why| Refused::new(message!("filter-no-json", why = why.to_string())))?;
    expr(&value, 0, builder)
}

fn expr(value: &Value, depth: usize, builder: &mut Builder<'_>) -> Result<Expr> {
    let depth = builder.deeper(depth)?;
    if let Value::Bool(constant) = value {
        return Ok(Expr::Constant(*constant));
    }
    let (Some(op), Some(args)) = (value["op"].as_str(), value["args"].as_array()) else {
        return Err(Refused::new(message!("filter-json-levels")));
    };
    let wrong = |count: Message| {
        Refused::new(message!("filter-json-arguments", op = shown(op), takes = count, given = args.len()))
    };
    if let Some(sign) = Comparison::named(op) {
        let [a, b] = args.as_slice() else { return Err(wrong(message!("filter-two-arguments"))) };
        let (a, b) = (scalar(a, builder)?, scalar(b, builder)?);
        return builder.compare(sign, a, b);
    }
    if let Some(relation) = Relation::named(op) {
        let [a, b] = args.as_slice() else { return Err(wrong(message!("filter-two-arguments"))) };
        let (a, b) = (place(a, builder)?, place(b, builder)?);
        return builder.spatial(relation, a, b);
    }
    match (op, args.as_slice()) {
        ("and" | "or", [_, _, ..]) => {
            let all = args.iter().map(|one| expr(one, depth, builder)).collect::<Result<_>>()?;
            Ok(if op == "and" { Expr::And(all) } else { Expr::Or(all) })
        }
        ("and" | "or", _) => Err(wrong(message!("filter-more-arguments"))),
        ("not", [one]) => Ok(Expr::Not(Box::new(expr(one, depth, builder)?))),
        ("between", [one, low, high]) => {
            let (one, low, high) = (scalar(one, builder)?, scalar(low, builder)?, scalar(high, builder)?);
            builder.between(one, low, high)
        }
        ("in", [one, Value::Array(list)]) => {
            let one = scalar(one, builder)?;
            let list = list.iter().map(|v| scalar(v, builder)).collect::<Result<_>>()?;
            builder.one_of(one, list)
        }
        ("like", [one, Value::String(pattern)]) => {
            let one = scalar(one, builder)?;
            builder.like(one, pattern)
        }
        ("isNull", [one]) => {
            let one = scalar(one, builder)?;
            builder.is_null(one)
        }
        ("not" | "isNull", _) => Err(wrong(message!("filter-one-argument"))),
        ("between", _) => Err(wrong(message!("filter-three-arguments"))),
        ("in", _) => Err(Refused::new(message!("filter-json-in"))),
        ("like", _) => Err(Refused::new(message!("filter-json-like"))),
        _ => Err(no_such_function(op)),
    }
}

fn scalar(value: &Value, builder: &Builder<'_>) -> Result<Scalar> {
    match value {
        Value::String(text) => Ok(Scalar::Text(text.clone())),
        Value::Bool(yes) => Ok(Scalar::Flag(*yes)),
        Value::Number(n) => {
            let number = n.as_f64().filter(|n| n.is_finite());
            number.map(Scalar::Number).ok_or_else(|| Refused::new(message!("filter-number-too-large")))
        }
        _ => {
            if let Some(name) = value["property"].as_str() {
                return builder.property(name);
            }
            let moment = value["date"].as_str().or_else(|| value["timestamp"].as_str());
            moment
                .map(|text| Scalar::Text(text.to_owned()))
                .ok_or_else(|| Refused::new(message!("filter-json-value")))
        }
    }
}

fn place(value: &Value, builder: &Builder<'_>) -> Result<Place> {
    if let Some(name) = value["property"].as_str() {
        return builder.geometry(name);
    }
    if let Some(numbers) = value["bbox"].as_array() {
        let numbers: Option<Vec<f64>> = numbers.iter().map(Value::as_f64).collect();
        let numbers = numbers.ok_or_else(|| Refused::new(message!("filter-bbox-numbers")))?;
        return shape::of_box(&numbers).map(Place::Given);
    }
    shape::of_json(value).map(Place::Given)
}
