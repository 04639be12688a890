//! Dates as HTTP writes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long it is from `now` until `date`, in one of the three forms of RFC 9110
/// §5.6.7; zero if it has passed. `None` if it is no date.
///
/// The name of the day has to be one, and not the right one: it says nothing
/// that the rest does not say.
pub(super) fn until(date: &str, now: SystemTime) -> Option<Duration> {
    let parts: Vec<&str> = date.split(' ').collect();
    let seconds = match *parts {
        [day_name, day, month, year, time, "GMT"] => {
            is_day_name(day_name.strip_suffix(',')?).then_some(())?;
            seconds_at(number(year, 4)?, month, number(day, 2)?, time)
        }
        [day_name, date, time, "GMT"] => {
            is_long_day_name(day_name.strip_suffix(',')?).then_some(())?;
            let mut parts = date.splitn(3, '-');
            let (day, month) = (number(parts.next()?, 2)?, parts.next()?);
            let year = number(parts.next()?, 2)?;
            seconds_in_century(year, month, day, time, now)
        }
        [day_name, month, day, time, year] => {
            is_day_name(day_name).then_some(())?;
            seconds_at(number(year, 4)?, month, number(day, 2)?, time)
        }
        [day_name, month, "", day, time, year] => {
            is_day_name(day_name).then_some(())?;
            seconds_at(number(year, 4)?, month, number(day, 1)?, time)
        }
        _ => None,
    }?;
    let left = seconds.saturating_sub(whole_seconds_since_epoch(now));
    let Ok(left) = u64::try_from(left) else {
        return Some(Duration::ZERO);
    };
    let fraction = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let fraction = Duration::from_nanos(fraction.subsec_nanos().into());
    Some(Duration::from_secs(left).saturating_sub(fraction))
}

/// The last year with these two digits that is not more than 50 years ahead.
fn seconds_in_century(
    two_digits: i64,
    month: &str,
    day: i64,
    time: &str,
    now: SystemTime,
) -> Option<i64> {
    let now = whole_seconds_since_epoch(now);
    let years = (0..=99).rev().map(|century| century * 100 + two_digits);
    let mut near = years.filter(|year| {
        let earlier = |day| seconds_at(year - 50, month, day, time);
        // The year may have a 29 February and the one 50 years earlier none.
        let earlier = earlier(day).or_else(|| earlier(day.min(28)));
        earlier.is_some_and(|at| at <= now)
    });
    near.find_map(|year| seconds_at(year, month, day, time))
}

fn whole_seconds_since_epoch(now: SystemTime) -> i64 {
    let seconds = |since: Duration| i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    match now.duration_since(UNIX_EPOCH) {
        Ok(since) => seconds(since),
        Err(before) => -seconds(before.duration()),
    }
}

fn seconds_at(year: i64, month: &str, day: i64, time: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    const DAYS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = MONTHS.iter().position(|name| *name == month)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = DAYS[month] + i64::from(month == 1 && is_leap);
    if !(1..=longest).contains(&day) {
        return None;
    }
    let leap_day = i64::from(month > 1 && is_leap);
    let days = days_before(year) + DAYS[..month].iter().sum::<i64>() + leap_day + day - 1;
    Some((days - days_before(1970)) * 86_400 + seconds_of_day(time)?)
}

/// The days of the Gregorian calendar from its year 0 to the first of January.
fn days_before(year: i64) -> i64 {
    // Year 0 is a leap year itself.
    let leaps =
        (year + 3).div_euclid(4) - (year + 99).div_euclid(100) + (year + 399).div_euclid(400);
    year * 365 + leaps
}

/// `60` is a leap second, and the same as the first of the next minute.
fn seconds_of_day(time: &str) -> Option<i64> {
    let mut parts = time.splitn(3, ':').map(|part| number(part, 2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    (hour < 24 && minute < 60 && second <= 60).then_some((hour * 60 + minute) * 60 + second)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn is_day_name(text: &str) -> bool {
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(&text)
}

fn is_long_day_name(text: &str) -> bool {
    const NAMES: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    NAMES.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds from `now`, seconds since 1970, until `date`.
    fn from(now: u64, date: &str) -> Option<u64> {
        until(date, UNIX_EPOCH + Duration::from_secs(now)).map(|left| left.as_secs())
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        // By GNU date.
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Fri, 31 Dec 2027 23:59:59 GMT", 1_830_297_599),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] {
            assert_eq!(from(0, date), Some(seconds), "{date}");
        }
    }

    #[test]
    fn three_forms() {
        for date in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(from(784_111_740, date), Some(37), "{date}");
        }
        assert_eq!(from(784_975_740, "Wed Nov 16 08:49:37 1994"), Some(37));
    }

    #[test]
    fn a_date_that_has_passed_is_zero() {
        for date in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Wed, 31 Dec 1969 23:59:59 GMT",
            "Mon, 01 Jan 1900 00:00:00 GMT",
            "Sat, 01 Jan 0000 00:00:00 GMT",
            "Sun Dec 31 00:00:00 1899",
        ] {
            assert_eq!(from(784_111_777, date), Some(0), "{date}");
        }
        let before = UNIX_EPOCH - Duration::from_secs(5);
        let date = "Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(until(date, before), Some(Duration::from_secs(5)));
        let within = UNIX_EPOCH + Duration::from_millis(1_250);
        let date = "Thu, 01 Jan 1970 00:00:02 GMT";
        assert_eq!(until(date, within), Some(Duration::from_millis(750)));
    }

    #[test]
    fn two_digits_are_a_year_at_most_50_years_ahead() {
        const DAY: u64 = 86_400;
        // 2026-11-22T00:00:00Z
        let now = 1_795_305_600;
        for (date, expected) in [
            ("Monday, 23-Nov-26 00:00:00 GMT", DAY),
            // 2070 and 2076, not 1970 and 1976.
            ("Saturday, 22-Nov-70 00:00:00 GMT", 3_183_840_000 - now),
            ("Sunday, 22-Nov-76 00:00:00 GMT", 3_373_228_800 - now),
            // More than 50 years ahead, by a second: 1976.
            ("Sunday, 22-Nov-76 00:00:01 GMT", 0),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
            ("Tuesday, 29-Feb-28 00:00:00 GMT", 1_835_395_200 - now),
            ("Monday, 01-Jan-01 00:00:00 GMT", 0),
        ] {
            assert_eq!(from(now, date), Some(expected), "{date}");
        }
        // 2099-12-31: 2100 is nearer than 2000.
        assert_eq!(
            from(4_102_358_400, "Friday, 01-Jan-00 00:00:00 GMT"),
            Some(DAY)
        );
    }

    #[test]
    fn a_leap_second_is_the_next_one() {
        assert_eq!(from(0, "Thu, 01 Jan 1970 00:00:60 GMT"), Some(60));
        assert_eq!(from(0, "Thu, 01 Jan 1970 00:00:61 GMT"), None);
    }

    #[test]
    fn what_is_no_date() {
        for date in [
            "",
            "soon",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06  Nov 1994 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sun, 29 Feb 1900 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Day, 06 Nov 1994 08:49:37 GMT",
            "06 Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sunday, 06-Nov 08:49:37 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  06 08:49:37 1994",
            "1994-11-06T08:49:37Z",
        ] {
            assert_eq!(from(0, date), None, "{date}");
        }
    }
}
