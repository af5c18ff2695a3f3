//! Products side by side: which offers belong to which name, and which is best at what.

use mcp_support::search::provider::{Price, SearchResult};
use schemars::JsonSchema;
use serde::Serialize;

/// Offers of each product that are shown.
const OFFERS: usize = 3;
/// An offer has to have so much of the product's name in its title.
const LEAST_MATCH: f64 = 0.5;

/// A product that was looked for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Compared {
    /// What was looked for.
    pub product: String,
    /// What fits it, the best first; of equals, the cheapest.
    pub offers: Vec<Offer>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Something that is for sale.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Offer {
    /// Its title.
    pub title: String,
    /// Where it is.
    pub url: String,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Stars, from 0 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<f64>,
    /// How many have rated it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviews: Option<u64>,
    /// Who makes or sells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The share of the product's name that stands in its title: 0 to 1.
    pub matches: f64,
}

/// Which product is best at what, by the best offer of each. Missing, where fewer than two can be compared.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Verdict {
    /// The lowest price, among prices of one currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cheapest: Option<String>,
    /// How much more the dearest costs, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_range_percent: Option<u64>,
    /// The most stars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_rated: Option<String>,
    /// The most opinions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_reviewed: Option<String>,
    /// What cannot be compared, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
}

/// The results that are offers of this product.
pub fn compared(product: &str, results: &[SearchResult]) -> Compared {
    let mut offers: Vec<Offer> = results
        .iter()
        .map(|result| Offer {
            title: result.title.clone(),
            url: result.url.clone(),
            price: result.price.clone(),
            rating: result.rating,
            reviews: result.reviews,
            source: result.source.clone(),
            matches: matches(product, &format!("{} {}", result.title, result.source.as_deref().unwrap_or_default())),
        })
        .filter(|offer| offer.matches >= LEAST_MATCH)
        .collect();
    let amount = |offer: &Offer| offer.price.as_ref().map_or(f64::INFINITY, |price| price.amount);
    offers.sort_by(|a, b| b.matches.total_cmp(&a.matches).then(amount(a).total_cmp(&amount(b))));
    offers.truncate(OFFERS);
    let problem = offers.is_empty().then(|| "nothing for sale has this name".to_owned());
    Compared { product: product.to_owned(), offers, problem }
}

/// Which is best at what.
pub fn verdict(compared: &[Compared]) -> Verdict {
    let best: Vec<(&str, &Offer)> =
        compared.iter().filter_map(|it| Some((it.product.as_str(), it.offers.first()?))).collect();
    let mut limits = Vec::new();
    if best.len() < compared.len() {
        limits.push("not every product was found".to_owned());
    }
    let prices: Vec<(&str, &Price)> = best.iter().filter_map(|(name, it)| Some((*name, it.price.as_ref()?))).collect();
    if prices.len() < best.len() {
        limits.push("not every offer has a price".to_owned());
    }
    let one_currency = prices.windows(2).all(|pair| pair[0].1.currency == pair[1].1.currency);
    if !one_currency {
        limits.push("the prices are in different currencies".to_owned());
    }
    let prices = if one_currency && prices.len() > 1 { prices } else { Vec::new() };
    let cheapest = prices.iter().min_by(|a, b| a.1.amount.total_cmp(&b.1.amount));
    let dearest = prices.iter().map(|(_, price)| price.amount).fold(0.0, f64::max);
    let range = cheapest.filter(|(_, price)| price.amount > 0.0);
    let most = |values: Vec<(&str, f64)>| {
        let best = values.iter().copied().reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.filter(|_| values.len() > 1).map(|(name, _)| name.to_owned())
    };
    Verdict {
        cheapest: cheapest.map(|(name, _)| (*name).to_owned()),
        price_range_percent: range.map(|(_, price)| ((dearest / price.amount - 1.0) * 100.0).round() as u64),
        best_rated: most(best.iter().filter_map(|(name, it)| Some((*name, it.rating?))).collect()),
        most_reviewed: most(best.iter().filter_map(|(name, it)| Some((*name, it.reviews? as f64))).collect()),
        limits,
    }
}

fn matches(product: &str, title: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (wanted, there) = (words(product), words(title));
    let found = wanted.iter().filter(|word| there.contains(word)).count();
    if wanted.is_empty() { 0.0 } else { (found as f64 / wanted.len() as f64 * 100.0).round() / 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(title: &str, price: Option<(f64, &str)>, rating: f64, reviews: u64) -> SearchResult {
        SearchResult {
            title: title.to_owned(),
            url: format!("https://shop.example/{}", title.replace(' ', "-")),
            price: price.map(|(amount, currency)| Price { amount, currency: currency.to_owned() }),
            rating: Some(rating),
            reviews: Some(reviews),
            ..SearchResult::default()
        }
    }

    #[test]
    fn offers_that_fit_and_which_is_best() {
        let found = [
            result("Kettle Aqua 2 refurbished", Some((30.0, "EUR")), 4.0, 3),
            result("Tea pot", Some((5.0, "EUR")), 5.0, 1),
            result("Aqua 2 kettle", Some((25.0, "EUR")), 4.2, 80),
            result("Aqua 3 kettle", None, 4.9, 7),
        ];
        let aqua = compared("Aqua 2 kettle", &found);
        let titles: Vec<_> = aqua.offers.iter().map(|offer| (offer.title.as_str(), offer.matches)).collect();
        assert_eq!(titles, [("Aqua 2 kettle", 1.0), ("Kettle Aqua 2 refurbished", 1.0), ("Aqua 3 kettle", 0.67)]);
        let other = compared("Boil X", &[result("Boil X", Some((50.0, "EUR")), 4.6, 12)]);
        let verdict = verdict(&[aqua.clone(), other]);
        assert_eq!((verdict.cheapest.as_deref(), verdict.price_range_percent), (Some("Aqua 2 kettle"), Some(100)));
        assert_eq!(
            (verdict.best_rated.as_deref(), verdict.most_reviewed.as_deref()),
            (Some("Boil X"), Some("Aqua 2 kettle"))
        );
        assert_eq!(verdict.limits, Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        let euro = compared("a", &[result("a", Some((9.0, "EUR")), 4.0, 1)]);
        let dollar = compared("b", &[result("b", Some((9.0, "USD")), 4.0, 1)]);
        let nothing = compared("c", &[result("other", None, 4.0, 1)]);
        let one = verdict(&[euro.clone(), dollar]);
        assert_eq!((one.cheapest, one.limits.len()), (None, 1));
        let two = verdict(&[euro, nothing.clone()]);
        assert_eq!((two.cheapest, two.best_rated, two.limits.len()), (None, None, 1));
        assert!(nothing.problem.is_some());
        assert_eq!(verdict(&[]), Verdict::default());
    }
}
