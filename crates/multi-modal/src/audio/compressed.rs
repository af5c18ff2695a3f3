//! Decoding compressed sound, packet by packet, so that a small file cannot unfold into more memory than allowed.

use std::io::Cursor;

use symphonia::core::{
    codecs::audio::{AudioDecoderOptions, CODEC_ID_NULL_AUDIO},
    errors::Error as DecoderError,
    formats::{FormatOptions, Track, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

use crate::{error::MediaError, watch::Watch};

use super::{
    container::{Container, unsupported},
    decode::{check_format, check_length, tame},
    sound::Sound,
};

/// Decodes MP3, FLAC, Ogg, and the rarer kinds of WAV with symphonia. `bytes` start with the container's magic.
///
/// # Errors
/// As [`super::decode::decode`], except for what concerns the file as a whole.
pub(crate) fn decode_stream(bytes: &[u8], container: Container, watch: &dyn Watch) -> Result<Sound, MediaError> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(refusal)?;
    let track = format
        .default_track(TrackType::Audio)
        .cloned()
        .ok_or_else(|| MediaError::malformed("sound", "it has no audio track"))?;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|parameters| parameters.audio())
        .filter(|parameters| parameters.codec != CODEC_ID_NULL_AUDIO)
        .ok_or_else(|| unsupported("the codec of this file"))?;
    if let (Some(rate), Some(channels)) = (parameters.sample_rate, parameters.channels.as_ref()) {
        check_format(rate, channels.count())?;
        // An MP3 without a table of contents only has an estimate, which must not refuse; decoding will.
        if let Some(frames) = track.num_frames.filter(|_| container != Container::Mp3) {
            check_length(frames, rate, channels.count())?;
        }
    }
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(refusal)?;

    let mut sample_rate = 0;
    let mut channels: Vec<Vec<f32>> = Vec::new();
    let mut planes: Vec<Vec<f32>> = Vec::new();
    let (mut packets, mut corrupt) = (0_u64, 0_u64);
    while let Some(packet) = format.next_packet().map_err(refusal)? {
        if packet.track_id != track.id {
            continue;
        }
        packets += 1;
        let buffer = match decoder.decode(&packet) {
            Ok(buffer) => buffer,
            // One bad packet is a click; a file of them is no sound.
            Err(DecoderError::DecodeError(_)) if corrupt * 20 <= packets + 20 => {
                corrupt += 1;
                continue;
            }
            Err(error) => return Err(refusal(error)),
        };
        let (rate, count) = (buffer.spec().rate(), buffer.spec().channels().count());
        if channels.is_empty() {
            check_format(rate, count)?;
            sample_rate = rate;
            channels = vec![Vec::new(); count];
        } else if rate != sample_rate || count != channels.len() {
            return Err(unsupported("a file that changes its rate or channels midway"));
        }
        buffer.copy_to_vecs_planar(&mut planes);
        for (channel, plane) in channels.iter_mut().zip(&planes) {
            channel.extend(plane.iter().copied().map(tame));
        }
        let frames = channels.first().map_or(0, Vec::len) as u64;
        check_length(frames, sample_rate, channels.len())?;
        if packets.is_multiple_of(64) {
            watch.step(frames, track.num_frames.unwrap_or(frames).max(frames))?;
        }
    }
    let codec = decoder.codec_info().short_name;
    let codec = codec.strip_suffix("le").unwrap_or(codec);
    check_complete(&track, container, channels.first().map_or(0, Vec::len) as u64)?;
    Ok(Sound {
        sample_rate,
        channels,
        mime: container.mime(),
        codec: codec.to_owned(),
        bits_per_sample: parameters.bits_per_sample.filter(|_| container != Container::Mp3),
    })
}

/// Refuses a file that holds less than its header says. MP3 headers are only believed roughly.
fn check_complete(track: &Track, container: Container, frames: u64) -> Result<(), MediaError> {
    let promised = track.num_frames.unwrap_or(0);
    let needed = match container {
        Container::Mp3 => promised / 20 * 19,
        _ => promised,
    };
    if frames >= needed {
        return Ok(());
    }
    let reason = format!("cut off: it has {frames} of {promised} samples");
    Err(MediaError::malformed("sound", reason))
}

/// Refuses an Ogg stream whose last page is not marked as the last (RFC 3533, section 6): it was cut off.
pub(crate) fn check_ogg_end(bytes: &[u8]) -> Result<(), MediaError> {
    const HEADER: usize = 27;
    let last = bytes.windows(4).rposition(|window| window == b"OggS").unwrap_or(0);
    let page = &bytes[last..];
    let segments = page.get(26).map_or(0, |count| usize::from(*count));
    let sizes = page.get(HEADER..HEADER + segments);
    let body: Option<usize> = sizes.map(|sizes| sizes.iter().map(|size| usize::from(*size)).sum());
    let is_whole = body.is_some_and(|body| page.len() >= HEADER + segments + body);
    if is_whole && page.get(5).is_some_and(|flags| flags & 4 != 0) {
        return Ok(());
    }
    Err(MediaError::malformed("sound", "cut off: the last page of the Ogg stream is missing"))
}

fn refusal(error: DecoderError) -> MediaError {
    match error {
        DecoderError::Unsupported(what) => unsupported(&format!("this kind of file ({what})")),
        DecoderError::ResetRequired => unsupported("a chain of several Ogg streams"),
        DecoderError::IoError(error) => MediaError::malformed("sound", format!("cut off: {error}")),
        error => MediaError::malformed("sound", error),
    }
}
