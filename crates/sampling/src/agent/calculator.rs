//! `+ - * / ( )` on decimal numbers, with the usual precedence.

/// Deepest nesting of brackets and signs.
const MAX_DEPTH: usize = 50;

/// The value of `expression`.
///
/// # Errors
/// What is wrong with it, for whoever wrote it.
pub(super) fn evaluate(expression: &str) -> Result<f64, String> {
    let mut parser = Parser { rest: expression, depth: 0 };
    let value = parser.sum()?;
    match parser.peek() {
        None if value.is_finite() => Ok(value),
        None => Err("the result is no finite number".to_owned()),
        Some(other) => Err(format!("'{other}' was not expected")),
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn accept(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.rest = &self.rest[wanted.len_utf8()..];
        }
        is_there
    }

    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        loop {
            if self.accept('+') {
                value += self.product()?;
            } else if self.accept('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.factor()?;
        loop {
            if self.accept('*') {
                value *= self.factor()?;
            } else if self.accept('/') {
                let divisor = self.factor()?;
                if divisor == 0.0 {
                    return Err("division by zero".to_owned());
                }
                value /= divisor;
            } else {
                return Ok(value);
            }
        }
    }

    fn factor(&mut self) -> Result<f64, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} brackets and signs inside of each other"));
        }
        let value = if self.accept('-') {
            -self.factor()?
        } else if self.accept('(') {
            let value = self.sum()?;
            if !self.accept(')') {
                return Err("a ')' is missing".to_owned());
            }
            value
        } else {
            self.number()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn number(&mut self) -> Result<f64, String> {
        let found = self.peek();
        let end = self.rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number.parse().map_err(|_| match found {
            Some(other) => format!("a number was expected, not '{other}'"),
            None => "a number was expected at the end".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        for (expression, value) in [
            ("1 + 2 * 3", 7.0),
            ("(1+2)*3", 9.0),
            ("8/4/2", 1.0),
            ("2 - 3 - 4", -5.0),
            ("--2", 2.0),
            ("-(2 - 5) * 1.5", 4.5),
        ] {
            assert_eq!(evaluate(expression), Ok(value), "{expression}");
        }
        let deep = format!("{}1", "(".repeat(100_000));
        for wrong in ["", "1 +", "1 1", "(1", "1)", "1/0", "1/(1-1)", "x", "1..2", "9".repeat(400).as_str(), &deep] {
            assert!(evaluate(wrong).is_err(), "{wrong:.20}");
        }
    }
}
