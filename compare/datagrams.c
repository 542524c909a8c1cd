// UDP datagrams that one point saw joined. See datagrams.h.
#include "datagrams.h"

#include "choice.h"
#include "found.h"

enum {
	PARTS_MAX = 128,      // that Linux joins (UDP_MAX_SEGMENTS of linux/udp.h)
	CANDIDATES_MAX = 128, // of one flow and direction that are looked at
};

// The one's complement sum of payloads behind each other (RFC 1071), as far as each one's is known.
struct joined_sum {
	uint32_t sum, len;
	bool is_unknown;
};

static void add_sum(struct joined_sum *j, const struct sighting *s)
{
	uint32_t sum = s->payload_hash & PAYLOAD_SUM;
	uint32_t swapped = (sum >> 8 | sum << 8) & PAYLOAD_SUM;
	j->is_unknown = j->is_unknown || sum == 0;
	j->sum = (j->sum + (j->len % 2 ? swapped : sum)) % PAYLOAD_SUM;
	j->len += s->payload_len;
}

static bool agrees(const struct joined_sum *j, const struct sighting *s)
{
	uint32_t sum = s->payload_hash & PAYLOAD_SUM;
	return j->len == s->payload_len && (j->is_unknown || sum == 0 || sum % PAYLOAD_SUM == j->sum);
}

static bool begin_alike(const struct sighting *joined, const struct sighting *part)
{
	uint32_t x = joined->payload_hash & PAYLOAD_PREFIX, y = part->payload_hash & PAYLOAD_PREFIX;
	return part->payload_len >= PAYLOAD_PREFIX_LEN && part->payload_len < joined->payload_len &&
	       joined->payload_len <= part->payload_len * PARTS_MAX && x && x == y;
}

// Whether a datagram is what those of the other point from `first` on are together: all as long as the first, the last one
// perhaps shorter.
static bool is_joined(const struct room *r, int point, const struct waiting *joined, uint32_t first)
{
	const struct sighting *begin = &r->at[first].seen;
	struct joined_sum sum = {0};
	bool is_last = false;
	if (joined->is_paired || !begin_alike(&joined->seen, begin) ||
	    !room_is_within_window(r, point, &joined->seen, begin))
		return false;
	for (uint32_t at = first; at && !is_last && sum.len < joined->seen.payload_len; at = r->at[at].behind) {
		const struct waiting *part = &r->at[at];
		if (part->is_paired || part->seen.payload_len > begin->payload_len)
			return false;
		add_sum(&sum, &part->seen);
		is_last = part->seen.payload_len < begin->payload_len;
	}
	return agrees(&sum, &joined->seen);
}

static void match_parts(struct room *r, int point, struct waiting *joined, uint32_t first)
{
	uint32_t begin = 0;
	r->m->matched[point]++;
	joined->is_paired = true;
	ranges_add(&joined->found, (struct range){0, joined->seen.payload_len});
	for (uint32_t at = first; begin < joined->seen.payload_len; at = r->at[at].behind) {
		struct waiting *part = &r->at[at];
		r->m->matched[!point]++;
		part->is_paired = true;
		ranges_add(&part->found, (struct range){0, part->seen.payload_len});
		found_pair(r, point, &joined->seen, &part->seen, METHOD_BYTE_RANGE);
		begin += part->seen.payload_len;
	}
}

static void unseat_parts(struct room *r, int point, uint32_t first, uint32_t len)
{
	for (uint32_t at = first, next; len > 0; at = next) {
		next = r->at[at].behind;
		len -= r->at[at].seen.payload_len;
		room_unseat(r, point, at);
	}
}

void datagrams_match(struct room *r, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	uint32_t at = room_pair(r, w->pair)->side[w->direction].waiting[!point];
	for (int looked_at = 0; at && looked_at < CANDIDATES_MAX; at = r->at[at].behind, looked_at++) {
		if (is_joined(r, point, w, at)) {
			match_parts(r, point, w, at);
			unseat_parts(r, !point, at, w->seen.payload_len);
			return;
		}
		if (is_joined(r, !point, &r->at[at], place)) {
			match_parts(r, !point, &r->at[at], place);
			room_unseat(r, !point, at);
			return;
		}
	}
}
