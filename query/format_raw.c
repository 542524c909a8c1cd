// The values themselves, one behind the other, nothing between them: for bytes. A terminal gets no control characters.
#include "cell.h"
#include "output.h"

static void row(struct output *output)
{
	for (int i = 0; i < output->columns; i++) {
		const char *at = sqlite3_column_blob(output->row, i);
		size_t length = (size_t)sqlite3_column_bytes(output->row, i);
		if (at && output->sink->terminal)
			text_write_clean(output->sink, at, length, "\n\t");
		else if (at)
			sink_write(output->sink, at, length);
	}
}

const struct format format_raw = {.name = "raw", .row = row};
