//! Arithmetic: numbers, + - * / % ^, brackets, a leading minus. A parser by recursive descent, with a bound on depth.

/// Longest expression, in bytes.
pub(super) const MAX_EXPRESSION: usize = 500;
/// Brackets and powers within each other.
const MAX_DEPTH: usize = 40;

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ExpressionError {
    #[error("something is missing at the end")]
    End,
    #[error("'{0}' was not expected at position {1}")]
    Unexpected(char, usize),
    #[error("brackets are nested more than {MAX_DEPTH} deep")]
    Depth,
    #[error("the result is no finite number")]
    Infinite,
}

/// The value of an expression.
pub(super) fn evaluate(text: &str) -> Result<f64, ExpressionError> {
    let mut parser = Parser { rest: text, text, depth: 0 };
    let value = parser.sum()?;
    match parser.peek() {
        Some(letter) => Err(parser.unexpected(letter)),
        None if value.is_finite() => Ok(value),
        None => Err(ExpressionError::Infinite),
    }
}

struct Parser<'a> {
    rest: &'a str,
    text: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn takes(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.rest = &self.rest[wanted.len_utf8()..];
        }
        found
    }

    fn unexpected(&self, letter: char) -> ExpressionError {
        ExpressionError::Unexpected(letter, self.text.len() - self.rest.len())
    }

    fn sum(&mut self) -> Result<f64, ExpressionError> {
        let mut value = self.product()?;
        loop {
            if self.takes('+') {
                value += self.product()?;
            } else if self.takes('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, ExpressionError> {
        let mut value = self.signed()?;
        loop {
            if self.takes('*') {
                value *= self.signed()?;
            } else if self.takes('/') {
                value /= self.signed()?;
            } else if self.takes('%') {
                value %= self.signed()?;
            } else {
                return Ok(value);
            }
        }
    }

    /// `-2^2` is -4, as on paper.
    fn signed(&mut self) -> Result<f64, ExpressionError> {
        self.deeper(|parser| if parser.takes('-') { Ok(-parser.signed()?) } else { parser.power() })
    }

    /// `2^3^2` is 2^(3^2).
    fn power(&mut self) -> Result<f64, ExpressionError> {
        let base = self.operand()?;
        if self.takes('^') { Ok(base.powf(self.signed()?)) } else { Ok(base) }
    }

    fn operand(&mut self) -> Result<f64, ExpressionError> {
        if self.takes('(') {
            let value = self.deeper(Self::sum)?;
            return match self.peek() {
                Some(')') => {
                    self.rest = &self.rest[1..];
                    Ok(value)
                }
                Some(letter) => Err(self.unexpected(letter)),
                None => Err(ExpressionError::End),
            };
        }
        let letter = self.peek().ok_or(ExpressionError::End)?;
        let length =
            self.rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(self.rest.len());
        let value = self.rest[..length].parse().map_err(|_| self.unexpected(letter))?;
        self.rest = &self.rest[length..];
        Ok(value)
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, ExpressionError>) -> Result<T, ExpressionError> {
        self.depth += 1;
        let parsed = if self.depth > MAX_DEPTH { Err(ExpressionError::Depth) } else { parse(self) };
        self.depth -= 1;
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (text, value) in [
            ("1 + 2 * 3", 7.0),
            ("(1 + 2) * 3", 9.0),
            ("2^3^2", 512.0),
            ("-2^2", -4.0),
            ("2^-1", 0.5),
            ("10 % 4 / 2", 1.0),
            ("--1.5", 1.5),
            (" .5 * 4 ", 2.0),
        ] {
            assert_eq!(evaluate(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_expression() {
        for bad in ["", "1 +", "(1", "1)", "1 2", "x", "1..2", "1e5", "1/0", "0/0", "9^9^9^9", "\u{1f980}", "(ä"] {
            assert!(evaluate(bad).is_err(), "{bad}");
        }
        assert_eq!(evaluate(&"(".repeat(MAX_EXPRESSION)), Err(ExpressionError::Depth));
        assert_eq!(evaluate(&"-".repeat(MAX_EXPRESSION)), Err(ExpressionError::Depth));
        assert_eq!(evaluate("1 + * 2"), Err(ExpressionError::Unexpected('*', 4)));
    }
}
