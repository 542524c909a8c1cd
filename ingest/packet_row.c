// Packets to rows. See packet_row.h.
#include "packet_row.h"

#include "flow.h"

static int64_t checksum_value(enum checksum checksum)
{
	return checksum == CHECKSUM_UNKNOWN ? ROW_NULL : checksum;
}

static void set_ip_fields(struct packet_row *row, const struct headers *ip)
{
	bool has_ip = ip->ip_version != 0;
	row->ttl = has_ip ? ip->ttl : ROW_NULL;
	row->tos = has_ip ? ip->tos : ROW_NULL;
	row->ip_id = ip->has_ip_id ? (int64_t)ip->ip_id : ROW_NULL;
	row->fragment_offset = ip->is_fragment ? ip->fragment_offset : ROW_NULL;
	row->more_fragments = ip->is_fragment ? ip->more_fragments : ROW_NULL;
}

static void set_tcp_fields(struct packet_row *row, const struct packet *p)
{
	const struct tcp_header *tcp = &p->ip.tcp;
	bool is_tcp = p->flow && p->ip.has_transport && p->ip.protocol == IP_PROTO_TCP;
	row->tcp_flags = is_tcp ? tcp->flags : ROW_NULL;
	row->seq = is_tcp ? p->seq : ROW_NULL;
	row->ack = is_tcp ? p->ack : ROW_NULL;
	row->window = is_tcp ? tcp->window : ROW_NULL;
	row->tsval = is_tcp && tcp->has_timestamps ? (int64_t)tcp->tsval : ROW_NULL;
	row->tsecr = is_tcp && tcp->has_timestamps ? (int64_t)tcp->tsecr : ROW_NULL;
	row->acks = is_tcp && p->acks ? p->acks : ROW_NULL;
	row->ack_rtt_ns = is_tcp && p->acks ? p->ack_rtt_ns : ROW_NULL;
	row->bytes_in_flight = is_tcp && p->bytes_in_flight ? p->bytes_in_flight : ROW_NULL;
}

static int64_t end_value(enum fragment_end end)
{
	return end == FRAGMENT_LEAVES_OPEN ? ROW_NULL : end == FRAGMENT_COMPLETES;
}

static void add_fragments(const struct packet *p, struct writer *w)
{
	for (unsigned i = 0; i < p->fragment_count; i++) {
		const struct packet_fragment *f = &p->fragments[i];
		struct fragments_row *row = writer_add(w, TABLE_FRAGMENTS);
		*row = (struct fragments_row){
			.fragment_id = p->id * PACKET_FRAGMENTS_MAX + i,
			.packet_id = p->id,
			.first_packet_id = f->first_packet_id,
			.previous_packet_id = f->previous_packet_id ? f->previous_packet_id : ROW_NULL,
			.start = f->start,
			.length = f->length,
			.more_fragments = f->more,
			.completes = end_value(f->end),
		};
	}
}

void packet_row_add(const struct packet *p, int64_t stack_id, int64_t interface_id, struct writer *w,
                    int64_t capture_id)
{
	const struct frame *frame = p->frame;
	struct packet_row *row = writer_add(w, TABLE_PACKETS);
	row->packet_id = p->id;
	row->capture_id = capture_id;
	row->number = p->number;
	row->ts_ns = frame->ts_ns;
	row->wire_len = frame->wire_len;
	row->captured_len = (int64_t)frame->data.left;
	row->file_offset = (int64_t)frame->file_offset;
	row->interface_id = interface_id + frame->interface;
	row->stack_id = stack_id;
	row->flow_id = p->flow ? p->flow->id : ROW_NULL;
	row->direction = p->flow ? p->direction : ROW_NULL;
	row->vlan_id = p->vlan_id >= 0 ? p->vlan_id : ROW_NULL;
	row->payload_len = p->payload_len;
	row->payload_hash = p->payload_hash ? (int64_t)p->payload_hash : ROW_NULL;
	row->duplicate_of = p->duplicate_of ? p->duplicate_of : ROW_NULL;
	row->ip_checksum_ok = checksum_value(p->ip_checksum);
	row->l4_checksum_ok = checksum_value(p->l4_checksum);
	row->errors = p->errors;
	set_ip_fields(row, &p->ip);
	set_tcp_fields(row, p);
	add_fragments(p, w);
}
