// Which application bytes belong to. See application_find.h.
#include "application_find.h"

#include <string.h>

#include "../common/message.h"

enum { NUMBERS = 65536 };

// By number: place in applications[] + 1; 0 nobody.
static uint8_t tcp_ports[NUMBERS], udp_ports[NUMBERS], ip_protocols[256];
static unsigned application_count;

struct places {
	uint8_t at[APPLICATIONS_MAX];
	unsigned count;
};

// Those that are looked for by a layer's name; that are asked before the ports; and that are asked behind them.
static struct places by_layer, before_ports, behind_tcp_ports, behind_udp_ports;

// ---- keys -----------------------------------------------------------------------------------------------------------

static void add_place(struct places *places, unsigned place)
{
	places->at[places->count++] = (uint8_t)place;
}

static void enter_key(unsigned place, const struct decoder_key *key)
{
	if (strcmp(key->table, "tcp.port") == 0)
		tcp_ports[key->number] = (uint8_t)(place + 1);
	else if (strcmp(key->table, "udp.port") == 0)
		udp_ports[key->number] = (uint8_t)(place + 1);
	else if (strcmp(key->table, "ip.proto") == 0)
		ip_protocols[key->number] = (uint8_t)(place + 1);
	else if (strcmp(key->table, "layer") == 0)
		add_place(&by_layer, place);
	else if (strcmp(key->table, "tcp.first") == 0)
		add_place(&before_ports, place);
}

static void enter(unsigned place)
{
	const struct application *a = applications[place];
	for (unsigned k = 0; k < APPLICATION_KEYS_MAX && a->keys[k].table; k++)
		enter_key(place, &a->keys[k]);
	if (a->recognise && a->stream)
		add_place(&behind_tcp_ports, place);
	if (a->recognise && a->datagram)
		add_place(&behind_udp_ports, place);
}

unsigned application_find_init(void)
{
	if (application_count)
		return application_count;
	for (; applications[application_count]; application_count++)
		enter(application_count);
	return application_count;
}

// ---- bytes ----------------------------------------------------------------------------------------------------------

void *application_capture_state(struct application_stage *s, unsigned place)
{
	size_t size = applications[place]->capture_state_size;
	if (size && !s->capture_states[place])
		s->capture_states[place] = memory_alloc(size);
	return s->capture_states[place];
}

static enum recognised ask(unsigned place, struct application_call *call, struct bytes first)
{
	call->capture_state = application_capture_state(call->stage, place);
	return applications[place]->recognise(call, first);
}

// Those that know their own by its bytes.
static int ask_all(struct application_call *call, struct bytes first, bool is_tcp, bool *more)
{
	const struct places *asked = is_tcp ? &behind_tcp_ports : &behind_udp_ports;
	for (unsigned i = 0; i < asked->count; i++) {
		enum recognised answer = ask(asked->at[i], call, first);
		if (answer == RECOGNISED_YES)
			return asked->at[i];
		*more = *more || answer == RECOGNISED_MORE;
	}
	return -1;
}

// The application of a port; one that can recognise its own is asked.
static int by_port(uint8_t entry, struct application_call *call, struct bytes first, bool *more)
{
	int place = entry - 1;
	if (place < 0 || !applications[place]->recognise)
		return place;
	enum recognised answer = ask((unsigned)place, call, first);
	*more = *more || answer == RECOGNISED_MORE;
	return answer == RECOGNISED_YES ? place : -1;
}

int application_find(struct application_call *call, struct bytes first, bool is_tcp, bool *more)
{
	const uint8_t *ports = is_tcp ? tcp_ports : udp_ports;
	uint16_t a = call->flow->key.low.port, b = call->flow->key.high.port;
	for (unsigned i = 0; is_tcp && i < before_ports.count; i++)
		if (ask(before_ports.at[i], call, first) == RECOGNISED_YES)
			return before_ports.at[i];
	int place = by_port(ports[a < b ? a : b], call, first, more);
	if (place < 0 && !*more)
		place = by_port(ports[a < b ? b : a], call, first, more);
	if (place < 0 && !*more)
		place = ask_all(call, first, is_tcp, more);
	return place;
}

// ---- layers ---------------------------------------------------------------------------------------------------------

int application_of_layer(const struct packet *p)
{
	const char *last = p->stack_count ? p->stack[p->stack_count - 1] : "";
	for (unsigned i = 0; i < by_layer.count; i++) {
		const char *name = applications[by_layer.at[i]]->name;
		if (last[0] == name[0] && strcmp(name, last) == 0)
			return by_layer.at[i];
	}
	return -1;
}

int application_of_protocol(uint8_t ip_protocol)
{
	return ip_protocols[ip_protocol] - 1;
}
