-- The events that a population holds, made inside the engine by the same arithmetic as the senders' (events/event.ts).
-- Parameters: none (UInt16), for where they came from; event_seed, session_seed and batch_seed (UInt32); first and count, in batches; end_ms, when the last batch
-- arrived, and gap_ms, the milliseconds between two batches. Tables of traits: events/tables.ts.
-- What the events of a batch share is computed once for it.
INSERT INTO events
WITH
    toUInt32(2654435769) AS step,
    (x -> toUInt32(bitXor(x, bitShiftRight(x, 16)) * 2246822507)) AS mix_a,
    (x -> toUInt32(bitXor(x, bitShiftRight(x, 13)) * 3266489909)) AS mix_b,
    (x -> bitXor(x, bitShiftRight(x, 16))) AS mix_c,
    ((root, trait) -> mix_c(mix_b(mix_a(bitXor(root, toUInt32(trait * step)))))) AS word,
    ((octaves, a, b) -> toUInt64(bitShiftLeft(toUInt64(1), a % octaves) + bitAnd(b, bitShiftLeft(toUInt64(1), a % octaves) - 1))) AS octave_rank,
    ((a, b, c, d) -> reinterpretAsUUID(toUInt128(bitOr(bitShiftLeft(toUInt64(c), 32), d)) * toUInt128('18446744073709551616') + bitOr(bitShiftLeft(toUInt64(a), 32), b))) AS to_uuid
SELECT
    batch_position, {none:UInt16}, batch, batch, received_time,
    to_uuid(event_root, word(event_root, 20), word(event_root, 21), word(event_root, 22)),
    {event_types:Array(LowCardinality(String))}[1 + word(event_root, 7) % length({event_types:Array(String)})],
    user_id, session_id,
    concat('https://shop.example/page/', toString(octave_rank(14, word(event_root, 8), word(event_root, 9)))),
    {referrers:Array(String)}[1 + word(event_root, 10) % length({referrers:Array(String)})],
    user_agent, country, region, city, device_type, browser,
    octave_rank(13, word(event_root, 11), word(event_root, 12)) * 8,
    multiIf(
        clock % 1000000 < 2500, fromUnixTimestamp64Milli(toInt64(0), 'UTC'),
        clock % 1000000 < 5000, fromUnixTimestamp64Milli(toInt64(4294967295000), 'UTC'),
        fromUnixTimestamp64Milli(toInt64(received_ms) - if(clock % 1000000 < 15000, lateness % 21600000, 0) - (99 - batch_position) * 50, 'UTC'))
FROM
(
    SELECT *, toUInt8(place_in_batch) AS batch_position, mix_c(mix_b(mix_a(bitXor(toUInt32(batch * 100 + place_in_batch), {event_seed:UInt32})))) AS event_root
    FROM
    (
        SELECT
            *,
            toLowCardinality(country_) AS country, toLowCardinality(device_) AS device_type, toLowCardinality(browser_) AS browser,
            toLowCardinality(region_) AS region,
            toLowCardinality(concat(region_, '-', toString(1 + bitAnd(bitShiftRight(place, 16), 15)))) AS city,
            toLowCardinality(concat('Mozilla/5.0 (', device_, ') ', browser_, '/', toString(100 + bitAnd(bitShiftRight(browser_word, 8), 15)))) AS user_agent
        FROM
        (
            SELECT
                batch, clock, lateness, received_ms,
                fromUnixTimestamp64Milli(toInt64(received_ms), 'UTC') AS received_time,
                word(session_root, 4) AS place,
                word(session_root, 6) AS browser_word,
                {countries:Array(String)}[1 + place % length({countries:Array(String)})] AS country_,
                {devices:Array(String)}[1 + word(session_root, 5) % length({devices:Array(String)})] AS device_,
                {browsers:Array(String)}[1 + browser_word % length({browsers:Array(String)})] AS browser_,
                concat(country_, '-', toString(1 + bitAnd(bitShiftRight(place, 8), 7))) AS region_,
                octave_rank(20, word(session_root, 2), word(session_root, 3)) AS user_id,
                to_uuid(session_root, word(session_root, 20), word(session_root, 21), word(session_root, 22)) AS session_id
            FROM
            (
                SELECT
                    number AS batch,
                    word(batch_root, 13) AS clock,
                    word(batch_root, 14) AS lateness,
                    mix_c(mix_b(mix_a(bitXor(toUInt32(intDiv(batch, 32) * 8 + word(batch_root, 1) % 8), {session_seed:UInt32})))) AS session_root,
                    {end_ms:UInt64} - ({first:UInt64} + {count:UInt64} - 1 - batch) * {gap_ms:UInt64} AS received_ms,
                    mix_c(mix_b(mix_a(bitXor(toUInt32(number), {batch_seed:UInt32})))) AS batch_root
                FROM numbers_mt({first:UInt64}, {count:UInt64})
            )
        )
    )
    ARRAY JOIN range(100) AS place_in_batch
);
