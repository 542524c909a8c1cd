// Bluetooth, only named: tcpdump.org/linktypes.html.
#include "../decoder.h"

static void decode_hci(struct dissection *d)
{
	dissect_layer(d, "hci_h4");
}

const struct decoder decoder_bluetooth_hci = {
	.name = "bluetooth",
	.keys = {{"linktype", 187}, {"linktype", 201}},
	.decode = decode_hci,
};

static void decode_low_energy(struct dissection *d)
{
	dissect_layer(d, "btle");
}

const struct decoder decoder_bluetooth_low_energy = {
	.name = "bluetooth",
	.keys = {{"linktype", 251}},
	.decode = decode_low_energy,
};

// The same behind a header of the radio.
static void decode_low_energy_radio(struct dissection *d)
{
	dissect_layer(d, "btle_rf");
	dissect_layer(d, "btle");
}

const struct decoder decoder_bluetooth_low_energy_radio = {
	.name = "bluetooth",
	.keys = {{"linktype", 256}},
	.decode = decode_low_energy_radio,
};
