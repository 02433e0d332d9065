//! Ogg as encoders seldom write it: pages written anew around a fixture's packets.

use std::io::Cursor;

use asr_playground::audio::{AudioError, DecodedAudio, decode_file};
use ogg::reading::PacketReader;
use ogg::writing::{PacketWriteEndInfo, PacketWriter};

use crate::decode::fixture;

/// A packet and the granule position of the page it ends.
type Packets = Vec<(Vec<u8>, u64)>;

fn packets(name: &str) -> Packets {
    let mut reader = PacketReader::new(Cursor::new(fixture(name)));
    let mut packets = Vec::new();
    while let Some(packet) = reader.read_packet().unwrap() {
        let granule = packet.absgp_page();
        packets.push((packet.data, granule));
    }
    packets
}

/// Where pages end: the headers alone, then every `per_page` packets.
fn write(packets: &Packets, serial: u32, per_page: usize, end_mark: bool) -> Vec<u8> {
    let mut writer = PacketWriter::new(Vec::new());
    for (n, (data, granule)) in packets.iter().enumerate() {
        let info = if n + 1 == packets.len() && end_mark {
            PacketWriteEndInfo::EndStream
        } else if n < 2 || (n - 1).is_multiple_of(per_page) || n + 1 == packets.len() {
            PacketWriteEndInfo::EndPage
        } else {
            PacketWriteEndInfo::NormalPacket
        };
        writer
            .write_packet(data.clone(), serial, info, *granule)
            .unwrap();
    }
    writer.into_inner()
}

/// 20 ms packets of 960 granules: each position as if its packet ended a page.
fn exact(packets: &mut Packets, offset: u64) {
    let last = packets.len() - 1;
    for (n, packet) in packets.iter_mut().enumerate().take(last).skip(2) {
        packet.1 = offset + 960 * (n as u64 - 1);
    }
    packets[last].1 += offset;
}

fn decode(bytes: &[u8]) -> Result<DecodedAudio, AudioError> {
    decode_file("x.opus", bytes)
}

fn speech() -> (Packets, DecodedAudio) {
    let name = "speech-mono-16k.opus";
    (packets(name), decode_file(name, &fixture(name)).unwrap())
}

#[test]
fn the_paging_changes_nothing() {
    let (mut packets, whole) = speech();
    exact(&mut packets, 0);
    for per_page in [1, 3, 1_000] {
        assert_eq!(decode(&write(&packets, 7, per_page, true)).unwrap(), whole);
    }
}

#[test]
fn a_stream_cut_from_a_live_one_starts_where_it_starts() {
    let (mut packets, whole) = speech();
    exact(&mut packets, 48_000 * 3_600 * 5);
    for per_page in [1, 3] {
        assert_eq!(decode(&write(&packets, 7, per_page, true)).unwrap(), whole);
    }
}

#[test]
fn what_is_not_there_is_missed() {
    let (mut packets, whole) = speech();
    exact(&mut packets, 0);
    let no_mark = write(&packets, 7, 3, false);
    assert!(matches!(
        decode(&no_mark),
        Err(AudioError::Truncated {
            declared_seconds: None,
            ..
        })
    ));
    let mut gap = packets.clone();
    gap.drain(10..20);
    assert!(matches!(
        decode(&write(&gap, 7, 1, true)),
        Err(AudioError::Truncated { declared_seconds: Some(d), .. })
            if (d - whole.samples.len() as f64 / 16_000.0).abs() < 1e-3
    ));
    assert!(matches!(
        decode(&write(&packets[..2].to_vec(), 7, 1, true)),
        Err(AudioError::NoSamples)
    ));
}

#[test]
fn too_long_is_known_from_the_last_page() {
    let (mut packets, _) = speech();
    exact(&mut packets, 0);
    packets.last_mut().unwrap().1 = 48_000 * 60 * 31;
    assert!(matches!(
        decode(&write(&packets, 7, 1, true)),
        Err(AudioError::TooLong { seconds: Some(s) }) if (s - 31.0 * 60.0).abs() < 0.1
    ));
}

#[test]
fn kinds_that_are_not_read_are_named() {
    let vorbis = packets("stereo-44k1.ogg");
    let (packets, whole) = speech();
    let one = write(&packets, 7, 1_000, true);
    let chained = [one.clone(), write(&packets, 8, 1_000, true)].concat();
    let words = decode(&chained).unwrap_err().to_string();
    assert!(words.contains("several recordings"), "{words}");
    let with_head = |at: usize, value: u8| {
        let mut packets = packets.clone();
        packets[0].0[at] = value;
        decode(&write(&packets, 7, 1_000, true))
    };
    assert_eq!(
        with_head(8, 1).unwrap(),
        whole,
        "minor versions are compatible"
    );
    let words = with_head(8, 0x10).unwrap_err().to_string();
    assert!(words.contains("version 16"), "{words}");
    let words = with_head(18, 255).unwrap_err().to_string();
    assert!(words.contains("mapping family 255"), "{words}");
    assert_eq!(
        with_head(9, 0).unwrap_err(),
        AudioError::Channels { count: 0 }
    );
    let mut vorbis = vorbis;
    vorbis[0].0[11] = 6;
    let words = decode(&write(&vorbis, 7, 1_000, true))
        .unwrap_err()
        .to_string();
    assert!(words.contains("Vorbis with 6 channels"), "{words}");
    let speex = vec![
        (b"Speex   1.2".to_vec(), 0),
        (vec![0; 20], 0),
        (vec![0; 20], 320),
    ];
    let words = decode(&write(&speex, 7, 1, true)).unwrap_err().to_string();
    assert!(words.contains("Ogg with Speex"), "{words}");
}

/// A setup header of one codebook of `dimensions` and 8 entries with lookup type 1.
fn setup_header(dimensions: u64) -> Vec<u8> {
    let mut bits = Vec::new();
    let mut put = |value: u64, count: u32| bits.extend((0..count).map(|n| value >> n & 1 == 1));
    put(0x56_43_42, 24);
    put(dimensions, 16);
    put(8, 24);
    put(0, 2); // neither ordered nor sparse
    (0..8).for_each(|_| put(2, 5)); // lengths of 3
    put(1, 4); // lookup type 1
    put(0, 64 + 4 + 1);
    put(0, 64);
    let mut packet = b"\x05vorbis\0".to_vec();
    packet.extend(bits.chunks(8).map(|byte| {
        let bit = |(n, set): (usize, &bool)| u8::from(*set) << n;
        byte.iter().enumerate().map(bit).sum::<u8>()
    }));
    packet
}

#[test]
fn impossible_vorbis_codebooks_do_not_reach_the_library() {
    // 2^32 and 2^40 overflow where symphonia 0.6.1 takes the root of the entries.
    for dimensions in [0, 32, 40] {
        let mut packets = packets("mono-16k.ogg");
        packets[2].0 = setup_header(dimensions);
        let words = decode(&write(&packets, 7, 1_000, true))
            .unwrap_err()
            .to_string();
        assert!(
            words.contains("impossible codebooks"),
            "{dimensions}: {words}"
        );
    }
}
