// A packet looked at afresh: SQL functions over ingest's decoders, for the program's queries (pcapdex.so has them not).
//
//     packet_fields(bytes, link_type, wire_len, fcs_len)
//         the headers as JSON, an array of objects in the order of the frame: layer, number (of the layer, from 0),
//         field (Wireshark's name; null: the object is the layer), value, meaning (of the value, in words, or null),
//         offset, length (bytes of the frame). What follows the headers are the layers payload and trailer.
//     packet_payload(packet_id)
//         the bytes above the innermost header that was decoded, as packets.payload_len counts them; see payload.h
//     packet_payload(bytes, link_type, wire_len, fcs_len)
//         the same of the frame alone: of one that completes a datagram, its fragment
//     flow_bytes(flow_id)
//         a table: the byte streams of a flow. See flow_bytes.h.
//
// bytes: as captured; link_type: LINKTYPE_ number; wire_len: bytes on the wire; fcs_len: bytes of frame check sequence.
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

// Every connection that SQLite opens from here on has the functions.
void inspect_install(void);

#endif
