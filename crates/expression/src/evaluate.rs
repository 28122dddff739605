//! Working out an expression, and the three functions that do not work out all of their arguments.

use crate::functions::{Arguments, Body};
use crate::syntax::{Call, Node};
use crate::{Bindings, EvaluateError, Value};

/// The value of `node`. Recursion is bounded by the depth that was read.
pub(crate) fn evaluate(node: &Node, bindings: &dyn Bindings) -> Result<Value, EvaluateError> {
    match node {
        Node::Constant(value) => Ok(value.clone()),
        Node::Variable(name) => {
            let value = bindings.variable(name).ok_or_else(|| EvaluateError::Unbound(name.as_ref().to_owned()))?;
            // Unknown is empty text wherever it is used.
            if value == Value::Null { Ok("".into()) } else { value.within_limit() }
        }
        Node::List(items) => evaluate_all(items, bindings).and_then(|items| Value::List(items).within_limit()),
        Node::Call(call) => match call.function.body {
            Body::Coalesce => coalesce(&call.arguments, bindings),
            Body::IfThenElse => if_then_else(&call.arguments, bindings),
            Body::IsEmpty => first_with_content(&call.arguments, bindings).map(|value| Value::Bool(value.is_empty())),
            Body::Eager(body) => call_eager(call, body, bindings),
        },
    }
}

fn evaluate_all(nodes: &[Node], bindings: &dyn Bindings) -> Result<Vec<Value>, EvaluateError> {
    nodes.iter().map(|node| evaluate(node, bindings)).collect()
}

fn call_eager(
    call: &Call,
    body: fn(&Arguments<'_>) -> Result<Value, EvaluateError>,
    bindings: &dyn Bindings,
) -> Result<Value, EvaluateError> {
    let values = evaluate_all(&call.arguments, bindings)?;
    let pattern = call.pattern.as_ref();
    body(&Arguments { function: call.function.name, values: &values, pattern, bindings })?.within_limit()
}

/// The value, or nothing if it hangs on a name that has none.
fn evaluate_or_empty(node: &Node, bindings: &dyn Bindings) -> Result<Value, EvaluateError> {
    match evaluate(node, bindings) {
        Err(EvaluateError::Unbound(_)) => Ok("".into()),
        other => other,
    }
}

/// The first that is not empty, and nothing behind it is worked out.
fn first_with_content(nodes: &[Node], bindings: &dyn Bindings) -> Result<Value, EvaluateError> {
    for node in nodes {
        let value = evaluate_or_empty(node, bindings)?;
        if !value.is_empty() {
            return Ok(value);
        }
    }
    Ok("".into())
}

/// `coalesce(a, b, …)`, `coalesce([a, b, …])`, or of one argument that works out to a list.
fn coalesce(arguments: &[Node], bindings: &dyn Bindings) -> Result<Value, EvaluateError> {
    match arguments {
        [Node::List(items)] => first_with_content(items, bindings),
        [argument] => match evaluate_or_empty(argument, bindings)? {
            Value::List(items) => Ok(items.into_iter().find(|item| !item.is_empty()).unwrap_or_else(|| "".into())),
            value if value.is_empty() => Ok("".into()),
            _ => Err(EvaluateError::Argument { function: "coalesce", position: 1, expected: "a list" }),
        },
        arguments => first_with_content(arguments, bindings),
    }
}

/// `iif(condition, then, else)`: whatever is neither false nor empty is true.
fn if_then_else(arguments: &[Node], bindings: &dyn Bindings) -> Result<Value, EvaluateError> {
    let [condition, then, otherwise] = arguments else {
        return Err(EvaluateError::Function { function: "iif", reason: "takes three arguments" });
    };
    let is_met = match evaluate_or_empty(condition, bindings)? {
        Value::Bool(is_met) => is_met,
        value => !value.is_empty(),
    };
    evaluate(if is_met { then } else { otherwise }, bindings)
}
