//! The catalog: what can be computed about the whole numbers from 1 on. It is what `catalog://` resources say, and what
//! `long_running_search` searches.

/// Entries that `resources/list` shows: the numbers from 1 to this one.
pub const LISTED: u32 = 250;
/// Entries on one page of a search.
pub const PAGE: u32 = 50;
/// Pages that can be searched.
pub const PAGES: u32 = 1000;

/// One line about `number`: its factors, and its Roman and binary forms.
pub fn about(number: u32) -> String {
    let kind = match number {
        0 | 1 => "neither prime nor composite".to_owned(),
        _ => {
            let factors = factors(number);
            match factors.as_slice() {
                [_] => "prime".to_owned(),
                factors => {
                    let product: Vec<String> = factors.iter().map(u32::to_string).collect();
                    format!("composite, {}", product.join(" * "))
                }
            }
        }
    };
    let root = number.isqrt();
    let square = if number > 0 && root * root == number { format!(", the square of {root}") } else { String::new() };
    format!("{number}: {kind}{square}; Roman {}, binary {number:b}", roman(number))
}

fn factors(mut number: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut factor = 2;
    while factor * factor <= number {
        while number.is_multiple_of(factor) {
            found.push(factor);
            number /= factor;
        }
        factor += 1;
    }
    if number > 1 {
        found.push(number);
    }
    found
}

/// Thousands above 3 are as many M as it takes, as the Romans' heirs did it.
fn roman(mut number: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut text = String::new();
    for (value, sign) in SIGNS {
        while number >= value {
            text.push_str(sign);
            number -= value;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers() {
        for (number, line) in [
            (1, "1: neither prime nor composite, the square of 1; Roman I, binary 1"),
            (97, "97: prime; Roman XCVII, binary 1100001"),
            (144, "144: composite, 2 * 2 * 2 * 2 * 3 * 3, the square of 12; Roman CXLIV, binary 10010000"),
            (1999, "1999: prime; Roman MCMXCIX, binary 11111001111"),
        ] {
            assert_eq!(about(number), line);
        }
    }

    #[test]
    fn factors_multiply_to_the_number() {
        for number in 2..5000 {
            let factors = factors(number);
            assert_eq!(factors.iter().product::<u32>(), number);
            assert!(factors.iter().all(|factor| factors_of_prime(*factor)), "{number}: {factors:?}");
        }
    }

    fn factors_of_prime(number: u32) -> bool {
        (2..number).all(|other| !number.is_multiple_of(other))
    }
}
