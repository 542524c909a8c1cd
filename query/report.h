// Reports: SQL files that document themselves. A report file is
//
//     -- One line that says what the report shows.
//     --
//     -- Paragraphs, if there is more to say. A line that begins with two blanks is shown as it stands.
//     --
//     -- param :min_ms = 300        Shortest time from SYN to SYN-ACK, in milliseconds.
//     -- param :node address required   The node.
//     -- param :limit = 20
//     --
//     -- column number   Packet number of the SYN.
//     -- column rtt_ms   SYN to SYN-ACK, milliseconds.
//     SELECT ...
//
// Parameters. `param :NAME [TYPE] [LEAST..MOST] [= DEFAULT | required]`, then two blanks or more, then the help.
// :min_ms is the option --min-ms. Without a default, a parameter that is not given is NULL, or an error if it is required.
// Types:
//
//     text      as it is
//     integer   a whole number, not negative
//     number    any number
//     port      a whole number up to 65535
//     one of a|b|c   one of these words, in any case; bound as it stands here
//     address   IPv4, IPv6 or MAC address, or a prefix such as 10.0.0.0/8; bound in the canonical spelling of the case.
//               ip_in(x, :p) takes both an address and a prefix
//     node      an address, but no prefix
//     time      ISO 8601, @SECONDS since 1970, a time of day, or +SECONDS since the first packet; bound as ns since
//               1970
//     capture   name or number of a capture of the case; bound as capture_id
//     flow      number of a flow of the case
//     issue     number of an issue of the case
//     packet    number of a packet in one of the captures, that of --capture if it is given
//     detector  name of a detector that looked through the case, in any case of letters
//     protocol  a protocol, in any case of letters; bound in lower case. A report on flows takes it for those of this protocol
//               and for those that carry it: flows.protocol or flows.application
//
// LEAST..MOST is the range of an integer or number, both within it: `param :bucket_ms number 0.001..86400000 = 1000`.
// Without a type it is the one that belongs to the name, else number where the default is one, else text. These mean
// the same everywhere, and need no help of their own: :capture (capture), :host (address), :flow (flow), :since and
// :until (time), :limit (integer). :src, :dst, :node, :client and :server are addresses, :protocol and :detector what they
// are called.
//
// Plots. --plot draws a section as its lines `-- plot WHAT ...` say, which stand among its columns; two blanks or more
// separate the label:
//
//     -- plot title   Round trips
//     -- plot x time_s   Time since the flow's first packet (s)
//     -- plot left   Round-trip time (ms)
//     -- plot right   Sequence number (bytes)
//     -- plot points rtt_ms by=side   RTT of
//     -- plot line seq right when=kind:data   data
//
// Left and right name the vertical axes. STYLE COLUMN draws a series: line, steps (a value stays until the next), points,
// marks (points that stand out), bars (from 0); spans FROM..TO draws a vertical stroke between two columns. `right`: on
// the right axis; by=COLUMN: a series for each value of that column; when=COLUMN:VALUE: only rows with this value. Rows
// without a value leave a series out, and break its line if `gaps` stands there.
//
// Without such lines x is the first column called time_s, or ending in _s (but duration_s, resolution_s, per_s), ts_ns or
// _ts_ns, and every other number that is no name (number, port, id) is a line; at most two units are drawn, one on each
// axis, and a text column with a few values splits the lines. Points are joined in the order of x, not of the rows.
//
// Notes. Detectors (analyze/analysis.h) say more of themselves, each a line `-- KEY: text` with one of the keys severity,
// category, protocol, cause, remedy, source; text goes on in lines that are indented by three blanks or more. A report may
// say under which heading it is listed: `-- topic: tcp`, one of REPORT_TOPICS.
//
// Sections. A file may hold several statements, each behind a line `-- section: Title`, followed by its columns:
//
//     -- section: The servers
//     -- column address   ...
//     SELECT ...;
//
//     -- section[text]: The servers
//     SELECT printf(...) AS line ...;
//
// SQL before the first section, `WITH name AS (...)` and no more, is put before the statement of each: tables that several
// of them read.
//
// `section with :flow: Title` is shown only if --flow is given, `section without :flow: Title` only if it is not: so a
// report of many flows can say more about one. `section[text] with :flow: Title` is both.
//
// `section as bars: Title` says the form that the section has in the document of `pcapdex report` (report/document.h), one of
// REPORT_FORMS; a table without it. Other programs of reports show rows as ever. The parts of the line come in this order:
// `section[text] as list with :flow: Title`.
//
// `section[text,csv]` is for those formats only, and a format that has sections of its own shows no others. A section
// whose only column is called `line` is printed as it is, a row a line, in text and table and in formats of its own.
// Its column needs no documentation. A value may hold line feeds; other control characters are escaped, and text of the
// case must not bring line feeds of its own: replace(name, char(10), '\n').
#ifndef QUERY_REPORT_H
#define QUERY_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum parameter_type {
	PARAMETER_TEXT,
	PARAMETER_INTEGER,
	PARAMETER_NUMBER,
	PARAMETER_PORT,
	PARAMETER_CHOICE,
	PARAMETER_ADDRESS,
	PARAMETER_NODE,
	PARAMETER_TIME,
	PARAMETER_CAPTURE,
	PARAMETER_FLOW,
	PARAMETER_ISSUE,
	PARAMETER_PACKET,
	PARAMETER_DETECTOR,
	PARAMETER_PROTOCOL,
};

struct report_parameter {
	char *name;   // without the colon
	char *option; // without the dashes
	enum parameter_type type;
	bool required, ranged;
	double least, most; // if ranged
	char *choices;      // PARAMETER_CHOICE: "a|b|c"; NULL of other types
	char *fallback;     // default as text; NULL none
	char *help;
};

struct report_column {
	char *name, *help;
};

enum report_plot_style {
	PLOT_TITLE,
	PLOT_X,
	PLOT_LEFT,
	PLOT_RIGHT,
	PLOT_LINE, // from here on: series
	PLOT_STEPS,
	PLOT_POINTS,
	PLOT_MARKS,
	PLOT_BARS,
	PLOT_SPANS,
};

// A plot line. Texts it does not have are NULL.
struct report_plot {
	enum report_plot_style style;
	char *column, *to;  // to: of spans
	char *by;           // column
	char *when, *value; // column, and the value that it must have
	bool right, gaps;
	char *label;
};

#define REPORT_TOPICS "overview|traffic|tcp|applications|network|hops"
#define REPORT_FORMS "table|text|list|facts|tiles|bars|columns|stack|cards"

struct report_section {
	char *title;   // NULL: none
	char *form;    // one of REPORT_FORMS; NULL: not said
	char *formats; // "text,csv"; NULL: all
	char *depends; // on this parameter, without the colon; NULL: on none
	bool without;  // shown if that parameter is not given, else if it is
	bool left_out; // another section was chosen
	char *sql;     // behind the tables that all sections share
	int sql_line;  // of the file where that begins, from 1
	int line;      // where the section's own SQL does
	struct report_column *columns;
	size_t column_count;
	struct report_plot *plots;
	size_t plot_count;
};

struct report_note {
	const char *key; // static
	char *text;
};

struct report {
	char *name;
	char *summary;     // without it: plain SQL, whose parameters are not declared
	char *description; // paragraphs, separated by blank lines; "" none
	char *text;        // the file
	struct report_parameter *parameters;
	size_t parameter_count;
	struct report_note *notes;
	size_t note_count;
	struct report_section *sections;
	size_t section_count;
};

// REPORT_SQL: what somebody typed may also be plain SQL. It is when it declares no parameter and no section: then it is
// one section, without a summary.
enum report_kind { REPORT_FILE, REPORT_SQL };

// Reads a report. False: *error (of size) says what is wrong and in which line; the report needs no release then.
bool report_parse(struct report *, enum report_kind, const char *name, const char *text, char *error, size_t size);
void report_release(struct report *);

// Leaves all sections out but those of this title, in any case of letters. False: there is none.
bool report_choose_section(struct report *, const char *title);

// Whether a section is shown in a format.
bool report_shows(const struct report *, const struct report_section *, const char *format);

// The text of a note; NULL: it has none.
const char *report_note_text(const struct report *, const char *key);

const struct report_parameter *report_find_parameter(const struct report *, const char *name);

// Whether a number may be the parameter's value.
bool report_in_range(const struct report_parameter *, double value);

// The word of PARAMETER_CHOICE that text is, in the spelling of the report, and its length; NULL: none.
const char *report_choice(const struct report_parameter *, const char *text, size_t *length);

// The type, by name, of a parameter that is not declared; text for unknown names.
enum parameter_type report_type_by_name(const char *name);

// The type that a word of a header names; false: none.
bool report_type_by_word(const char *word, size_t length, enum parameter_type *);

// The help of a parameter that means the same everywhere; NULL: it is none of these.
const char *report_known_help(const char *name);

// "NUMBER" of --min-ms NUMBER; "a|b" of --side a|b, but WORD where these are many.
const char *report_placeholder(const struct report_parameter *);
bool report_has_many_choices(const struct report_parameter *);

// The report's documentation as text on stdout; long_help: with description and columns.
void report_print_help(const struct report *, bool long_help);

#endif
