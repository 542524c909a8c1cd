// Numbers and times as people write them: the whole text is one value, or it is refused.
#include <stdio.h>
#include <string.h>

#include "options.h"

enum { NS_PER_SECOND = 1000000000 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

// Takes decimal digits off *text; false when there are none or too many.
static bool take_number(const char **text, int64_t *value)
{
	const char *at = *text;
	int64_t sum = 0;
	for (; is_digit(*at); at++) {
		if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, *at - '0', &sum))
			return false;
	}
	bool any = at > *text;
	*text = at;
	*value = sum;
	return any;
}

// Takes ".5" off *text, if it is there, as nanoseconds, without what is below one; false: no digits.
static bool take_fraction(const char **text, int64_t *nanoseconds)
{
	*nanoseconds = 0;
	if (**text != '.')
		return true;
	int64_t scale = NS_PER_SECOND;
	const char *at = *text + 1;
	if (!is_digit(*at))
		return false;
	for (; is_digit(*at); at++) {
		scale /= 10;
		*nanoseconds += scale * (*at - '0');
	}
	*text = at;
	return true;
}

// Takes exactly `digits` digits between least and most.
static bool take_field(const char **text, int digits, int least, int most, int *value)
{
	*value = 0;
	for (int i = 0; i < digits; i++, ++*text) {
		if (!is_digit(**text))
			return false;
		*value = *value * 10 + (**text - '0');
	}
	return *value >= least && *value <= most;
}

static bool take_mark(const char **text, const char *marks)
{
	if (!**text || !strchr(marks, **text))
		return false;
	++*text;
	return true;
}

static bool join_seconds(int64_t seconds, int64_t fraction, int64_t *nanoseconds)
{
	int64_t sum;
	if (__builtin_mul_overflow(seconds, (int64_t)NS_PER_SECOND, &sum) ||
	    __builtin_add_overflow(sum, fraction, &sum))
		return false;
	*nanoseconds = sum;
	return true;
}

bool parse_count(const char *text, int64_t *value)
{
	int64_t number;
	if (!take_number(&text, &number) || *text)
		return false;
	*value = number;
	return true;
}

bool parse_bytes(const char *text, int64_t *bytes)
{
	static const char units[] = "kMGT";
	int64_t number;
	if (!take_number(&text, &number))
		return false;
	const char *unit = *text ? strchr(units, *text == 'K' ? 'k' : *text) : NULL;
	for (const char *at = unit; at && at >= units; at--)
		if (__builtin_mul_overflow(number, 1000, &number))
			return false;
	*bytes = number;
	return !text[unit != NULL];
}

bool parse_seconds(const char *text, int64_t *nanoseconds)
{
	int64_t seconds = 0, fraction;
	if (*text != '.' && !take_number(&text, &seconds))
		return false;
	return take_fraction(&text, &fraction) && !*text && join_seconds(seconds, fraction, nanoseconds);
}

// Days from 1970-01-01 to a date of the Gregorian calendar, years from 1.
static int64_t days_from_date(int year, int month, int day)
{
	int shifted = month > 2 ? year : year - 1; // years begin in March: the leap day is the last
	int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return 365LL * shifted + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year - 719468;
}

static bool take_date(const char **text, int64_t *days)
{
	static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;
	if (!take_field(text, 4, 1, 9999, &year) || !take_mark(text, "-") || !take_field(text, 2, 1, 12, &month) ||
	    !take_mark(text, "-") || !take_field(text, 2, 1, 31, &day))
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	*days = days_from_date(year, month, day);
	return day <= month_days[month - 1] + (leap && month == 2);
}

// "21:21", "21:21:02", "21:21:02.25"
static bool take_clock(const char **text, int64_t *seconds, int64_t *fraction)
{
	int hour, minute, second = 0;
	*fraction = 0;
	if (!take_field(text, 2, 0, 23, &hour) || !take_mark(text, ":") || !take_field(text, 2, 0, 59, &minute))
		return false;
	if (take_mark(text, ":") && (!take_field(text, 2, 0, 60, &second) || !take_fraction(text, fraction)))
		return false;
	*seconds = hour * 3600 + minute * 60 + second;
	return true;
}

// "Z", "+02:00", "-0530"; nothing is UTC.
static bool take_zone(const char **text, int64_t *seconds)
{
	int hour, minute;
	bool west = **text == '-';
	*seconds = 0;
	if (take_mark(text, "Zz") || !take_mark(text, "+-"))
		return true;
	if (!take_field(text, 2, 0, 23, &hour))
		return false;
	take_mark(text, ":");
	if (!take_field(text, 2, 0, 59, &minute))
		return false;
	*seconds = (hour * 3600 + minute * 60) * (west ? -1 : 1);
	return true;
}

// "2030", "20180926", "10.5": a year, a date, seconds behind the first packet, to those who write it. As seconds since 1970
// they would be times long ago; with @ they are.
static bool is_short_number(const char *text)
{
	enum { EPOCH_DIGITS = 9 }; // from 1973 on
	size_t digits = strspn(text, "0123456789");
	return digits > 0 && digits < EPOCH_DIGITS && (!text[digits] || text[digits] == '.');
}

bool parse_time(const char *text, int64_t *nanoseconds)
{
	int64_t days, clock = 0, fraction = 0, zone = 0;
	if (text[0] == '@')
		return parse_seconds(text + 1, nanoseconds);
	if (is_short_number(text))
		return false;
	if (parse_seconds(text, nanoseconds))
		return true;
	if (!take_date(&text, &days))
		return false;
	if (take_mark(&text, "Tt ") && (!take_clock(&text, &clock, &fraction) || !take_zone(&text, &zone)))
		return false;
	return !*text && join_seconds(days * 86400 + clock - zone, fraction, nanoseconds);
}
