//! The international Morse code (Recommendation ITU-R M.1677-1), for the ear and the key.

/// Each character and its dots and dashes (ITU-R M.1677-1, part I, section 1.1, with the at sign and what amateurs add).
pub(crate) const ALPHABET: [(char, &str); 54] = [
    ('A', ".-"),
    ('B', "-..."),
    ('C', "-.-."),
    ('D', "-.."),
    ('E', "."),
    ('F', "..-."),
    ('G', "--."),
    ('H', "...."),
    ('I', ".."),
    ('J', ".---"),
    ('K', "-.-"),
    ('L', ".-.."),
    ('M', "--"),
    ('N', "-."),
    ('O', "---"),
    ('P', ".--."),
    ('Q', "--.-"),
    ('R', ".-."),
    ('S', "..."),
    ('T', "-"),
    ('U', "..-"),
    ('V', "...-"),
    ('W', ".--"),
    ('X', "-..-"),
    ('Y', "-.--"),
    ('Z', "--.."),
    ('0', "-----"),
    ('1', ".----"),
    ('2', "..---"),
    ('3', "...--"),
    ('4', "....-"),
    ('5', "....."),
    ('6', "-...."),
    ('7', "--..."),
    ('8', "---.."),
    ('9', "----."),
    ('.', ".-.-.-"),
    (',', "--..--"),
    (':', "---..."),
    ('?', "..--.."),
    ('\'', ".----."),
    ('-', "-....-"),
    ('/', "-..-."),
    ('(', "-.--."),
    (')', "-.--.-"),
    ('"', ".-..-."),
    ('=', "-...-"),
    ('+', ".-.-."),
    ('@', ".--.-."),
    ('!', "-.-.--"),
    ('&', ".-..."),
    (';', "-.-.-."),
    ('_', "..--.-"),
    ('$', "...-..-"),
];

/// Dots and dashes of a character, in either case.
pub(crate) fn encode(character: char) -> Option<&'static str> {
    let character = character.to_ascii_uppercase();
    ALPHABET.iter().find_map(|(letter, signs)| (*letter == character).then_some(*signs))
}

/// The character of dots and dashes.
pub(crate) fn decode(signs: &str) -> Option<char> {
    ALPHABET.iter().find_map(|(letter, code)| (*code == signs).then_some(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_one_character_and_back() {
        for (letter, signs) in ALPHABET {
            assert_eq!(encode(letter), Some(signs));
            assert_eq!(decode(signs), Some(letter));
        }
        assert_eq!((encode('s'), encode('é'), decode("........")), (Some("..."), None, None));
    }
}
