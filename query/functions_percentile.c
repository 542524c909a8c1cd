// percentile(x, p), p from 0 to 100, with linear interpolation between neighbours, and median(x). NULLs do not count.
#include "functions.h"
SQLITE_EXTENSION_INIT3

#include <stdbool.h>
#include <stddef.h>

// All the values: there is no telling which will be in the middle.
struct values {
	double *at;
	sqlite3_uint64 count, room;
	double percent;
	bool begun;
};

// For one more value; false: there is no memory.
static bool make_room(struct values *values)
{
	if (values->count < values->room)
		return true;
	sqlite3_uint64 room = values->room ? values->room * 2 : 64;
	double *moved = sqlite3_realloc64(values->at, room * sizeof *moved);
	if (!moved)
		return false;
	values->at = moved;
	values->room = room;
	return true;
}

static void add(sqlite3_context *context, sqlite3_value *value, double percent)
{
	struct values *values = sqlite3_aggregate_context(context, sizeof *values);
	if (!values) {
		sqlite3_result_error_nomem(context);
		return;
	}
	if (values->begun && values->percent != percent) {
		sqlite3_result_error(context, "percentile: the second argument must be the same in all rows", -1);
		return;
	}
	values->begun = true;
	values->percent = percent;
	int type = sqlite3_value_numeric_type(value);
	if (type == SQLITE_NULL)
		return;
	if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
		sqlite3_result_error(context, "percentile, median: not a number", -1);
		return;
	}
	if (!make_room(values)) {
		sqlite3_result_error_nomem(context);
		return;
	}
	values->at[values->count++] = sqlite3_value_double(value);
}

void function_percentile_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	double percent = sqlite3_value_double(argv[1]);
	int type = sqlite3_value_numeric_type(argv[1]);
	(void)argc;
	if ((type != SQLITE_INTEGER && type != SQLITE_FLOAT) || !(percent >= 0 && percent <= 100))
		sqlite3_result_error(context, "percentile: the second argument is a number from 0 to 100", -1);
	else
		add(context, argv[0], percent);
}

void function_median_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	add(context, argv[0], 50);
}

static void swap(double *a, double *b)
{
	double old = *a;
	*a = *b;
	*b = old;
}

static double median_of_three(double a, double b, double c)
{
	if ((a <= b) == (b <= c))
		return b;
	return (b <= a) == (a <= c) ? a : c;
}

// Puts the value of that rank in its place, and what is larger behind it (Hoare's selection).
static double select_rank(double *at, sqlite3_int64 count, sqlite3_int64 rank)
{
	sqlite3_int64 low = 0, high = count - 1;
	while (low < high) {
		double pivot = median_of_three(at[low], at[low + (high - low) / 2], at[high]);
		sqlite3_int64 i = low, j = high;
		while (i <= j) {
			while (at[i] < pivot)
				i++;
			while (at[j] > pivot)
				j--;
			if (i <= j)
				swap(&at[i++], &at[j--]);
		}
		if (rank <= j)
			high = j;
		else if (rank >= i)
			low = i;
		else
			break;
	}
	return at[rank];
}

static double smallest(const double *at, sqlite3_int64 count)
{
	double least = at[0];
	for (sqlite3_int64 i = 1; i < count; i++) {
		if (at[i] < least)
			least = at[i];
	}
	return least;
}

static double percentile(struct values *values)
{
	sqlite3_int64 count = (sqlite3_int64)values->count;
	double place = values->percent / 100 * (double)(count - 1);
	sqlite3_int64 rank = (sqlite3_int64)place;
	if (rank >= count - 1)
		return select_rank(values->at, count, count - 1);
	double below = select_rank(values->at, count, rank);
	double above = smallest(values->at + rank + 1, count - rank - 1);
	return place == (double)rank ? below : below + (above - below) * (place - (double)rank);
}

void function_percentile_final(sqlite3_context *context)
{
	struct values *values = sqlite3_aggregate_context(context, 0);
	if (!values)
		return;
	if (values->count > 0)
		sqlite3_result_double(context, percentile(values));
	sqlite3_free(values->at);
	values->at = NULL;
}
