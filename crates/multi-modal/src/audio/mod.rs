//! Sound in and out: decoding, measuring, drawing, recognizing signals, and making sound.

mod colour;
mod compressed;
pub mod container;
pub mod decode;
pub mod dtmf;
mod goertzel;
pub mod levels;
pub mod measure;
pub mod morse;
mod morse_code;
mod morse_timing;
pub mod notes;
pub mod pitch;
pub mod resample;
mod riff;
pub mod segments;
pub mod sound;
pub mod spectrogram;
mod spectrum;
pub mod synthesize;
pub mod tempo;
pub mod wav;
