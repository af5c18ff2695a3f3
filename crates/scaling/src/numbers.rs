//! Work with an answer that can be checked: counting primes, and taking a number apart.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pool::Stop;

/// Largest limit of [`count_primes`].
pub const MAX_LIMIT: u64 = 200_000_000;
/// Largest number of [`factorize`]: every number up to it is exact in JSON.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;
/// Numbers that are sieved at a time: they fit into a processor's cache.
const SEGMENT: u64 = 1 << 16;

/// How many primes are not greater than `limit`, by a segmented sieve of Eratosthenes; none if it was told to stop.
pub fn count_primes(limit: u64, stop: &Stop) -> Option<u64> {
    let base = small_primes(limit.isqrt());
    let mut count = 0;
    let mut start = 2;
    while start <= limit {
        if stop.is_set() {
            return None;
        }
        let end = (start + SEGMENT - 1).min(limit);
        let length = usize::try_from(end - start + 1).ok()?;
        let mut composite = vec![false; length];
        for &prime in base.iter().take_while(|prime| *prime * *prime <= end) {
            let mut multiple = (prime * prime).max(start.next_multiple_of(prime));
            while multiple <= end {
                composite[usize::try_from(multiple - start).ok()?] = true;
                multiple += prime;
            }
        }
        count += composite.iter().filter(|composite| !**composite).count() as u64;
        start = end + 1;
    }
    Some(count)
}

fn small_primes(limit: u64) -> Vec<u64> {
    let mut primes: Vec<u64> = Vec::new();
    for candidate in 2..=limit {
        if primes.iter().take_while(|prime| *prime * *prime <= candidate).all(|prime| candidate % prime != 0) {
            primes.push(candidate);
        }
    }
    primes
}

/// What a number is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The number.
    pub number: u64,
    /// Its prime factors with their powers, the smallest first.
    pub factors: Vec<Factor>,
    /// How many numbers divide it.
    pub divisors: u64,
}

/// A prime factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Factor {
    /// The prime.
    pub prime: u64,
    /// How often it divides the number.
    pub power: u32,
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = ", self.number)?;
        if self.factors.is_empty() {
            return f.write_str("1");
        }
        for (at, factor) in self.factors.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { " * " })?;
            match factor.power {
                1 => write!(f, "{}", factor.prime)?,
                power => write!(f, "{}^{power}", factor.prime)?,
            }
        }
        Ok(())
    }
}

/// Takes a number apart by trial division, which is slow on purpose for the product of two large primes; none if it was
/// told to stop.
pub fn factorize(number: u64, stop: &Stop) -> Option<Facts> {
    let mut rest = number;
    let mut factors: Vec<Factor> = Vec::new();
    let mut candidate = 2;
    while candidate * candidate <= rest {
        if candidate % 4096 == 3 && stop.is_set() {
            return None;
        }
        let mut power = 0;
        while rest.is_multiple_of(candidate) {
            rest /= candidate;
            power += 1;
        }
        if power > 0 {
            factors.push(Factor { prime: candidate, power });
        }
        candidate += if candidate == 2 { 1 } else { 2 };
    }
    if rest > 1 {
        factors.push(Factor { prime: rest, power: 1 });
    }
    let divisors = factors.iter().map(|factor| u64::from(factor.power) + 1).product();
    Some(Facts { number, factors, divisors })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn primes_are_counted() {
        for (limit, count) in [(0, 0), (1, 0), (2, 1), (10, 4), (100, 25), (65_537, 6543), (1_000_000, 78_498)] {
            assert_eq!(count_primes(limit, &Stop::default()), Some(count), "{limit}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_the_product_of_its_primes(number in 1_u64..2_000_000) {
            let facts = factorize(number, &Stop::default()).expect("not stopped");
            let product: u64 = facts.factors.iter().map(|factor| factor.prime.pow(factor.power)).product();
            prop_assert_eq!(product, number);
            let divisors = (1..=number.isqrt()).filter(|divisor| number % divisor == 0);
            let counted: u64 = divisors.map(|divisor| if divisor * divisor == number { 1 } else { 2 }).sum();
            prop_assert_eq!(facts.divisors, counted);
            for factor in facts.factors {
                prop_assert_eq!(count_primes(factor.prime, &Stop::default()), count_primes(factor.prime - 1, &Stop::default()).map(|less| less + 1));
            }
        }
    }
}
