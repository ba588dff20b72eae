import { testRefusals, testRows } from './rows.ts'

// The clock stands at 2023-11-14T22:13:20.5Z; where no zone is named it is UTC.

testRows('dates', [
  {
    story: 'date takes seconds since 1970',
    template: '{{ date "2006-01-02 15:04:05" 1700000000 }}',
    expected: '2023-11-14 22:13:20',
  },
  {
    story: 'date takes seconds before 1970',
    template: '{{ date "2006-01-02 15:04:05" -1 }}',
    expected: '1969-12-31 23:59:59',
  },
  {
    story: 'date writes names of months and days',
    template: '{{ date "Monday, 2 January 2006, 3:04PM" 1700000000 }}',
    expected: 'Tuesday, 14 November 2023, 10:13PM',
  },
  {
    story: 'date writes short names, padding and day of the year',
    template: '{{ date "Mon _2 Jan 06 002" 1700000000 }}',
    expected: 'Tue 14 Nov 23 318',
  },
  {
    story: 'date writes fractions with and without zeros at the end',
    template:
      '{{ toDate "2006-01-02T15:04:05Z07:00" "2024-01-02T03:04:05.120Z" | date "05.000 05.999" }}',
    expected: '05.120 05.12',
  },
  {
    story: 'date leaves text that is no layout',
    template: '{{ date "on day 2" 1700000000 }}',
    expected: 'on day 14',
  },
  {
    story: 'dateInZone knows the zones',
    template: '{{ dateInZone "15:04 MST -0700" 1700000000 "America/New_York" }}',
    expected: '17:13 EST -0500',
  },
  {
    story: 'dateInZone knows summer time',
    template: '{{ dateInZone "15:04 MST" 1720000000 "Europe/Berlin" }}',
    expected: '11:46 CEST',
  },
  {
    story: 'dateInZone of an unknown zone is UTC',
    template: '{{ dateInZone "15:04 MST" 1700000000 "Mars/Base" }}',
    expected: '22:13 UTC',
  },
  {
    story: 'date_in_zone is the same by its old name',
    template: '{{ date_in_zone "15:04" 1700000000 "Asia/Kolkata" }}',
    expected: '03:43',
  },
  {
    story: 'htmlDate writes the day',
    template: '{{ htmlDate 1700000000 }}',
    expected: '2023-11-14',
  },
  {
    story: 'htmlDateInZone writes the day of a zone',
    template: '{{ htmlDateInZone 1700000000 "Asia/Tokyo" }}',
    expected: '2023-11-15',
  },
  {
    story: 'toDate reads what date wrote',
    template: '{{ toDate "2006-01-02" "2024-02-29" | date "02 Jan 2006" }}',
    expected: '29 Feb 2024',
  },
  {
    story: 'toDate of another layout is the zero time',
    template: '{{ toDate "2006-01-02" "29.02.2024" | date "2006-01-02" }}',
    expected: '0001-01-01',
  },
  {
    story: 'toDate of a day that is none is the zero time',
    template: '{{ toDate "2006-01-02" "2023-02-29" | date "2006-01-02" }}',
    expected: '0001-01-01',
  },
  {
    story: 'toDate keeps an offset',
    template: '{{ toDate "2006-01-02T15:04:05Z07:00" "2024-02-29T23:05:09+02:00" }}',
    expected: '2024-02-29 23:05:09 +0200 +0200',
  },
  {
    story: 'mustToDate reads a layout',
    template: '{{ mustToDate "15:04" "07:30" | date "3:04PM" }}',
    expected: '7:30AM',
  },
  {
    story: 'unixEpoch counts seconds',
    template: '{{ toDate "2006-01-02" "1970-01-02" | unixEpoch }}',
    expected: '86400',
  },
  {
    story: 'dateModify adds a duration',
    template: '{{ toDate "2006-01-02" "2024-02-28" | dateModify "36h" | date "2006-01-02 15" }}',
    expected: '2024-02-29 12',
  },
  {
    story: 'dateModify subtracts one',
    template:
      '{{ toDate "2006-01-02" "2024-03-01" | dateModify "-1s" | date "2006-01-02 15:04:05" }}',
    expected: '2024-02-29 23:59:59',
  },
  {
    story: 'dateModify of a text that is no duration changes nothing',
    template: '{{ toDate "2006-01-02" "2024-03-01" | dateModify "1 day" | date "2006-01-02" }}',
    expected: '2024-03-01',
  },
  {
    story: 'duration takes seconds as text',
    template: '{{ duration "95" }} {{ duration "3600" }}',
    expected: '1m35s 1h0m0s',
  },
  {
    story: 'duration of an int64 counts seconds',
    template: '{{ duration (int64 90) }}',
    expected: '1m30s',
  },
  { story: 'duration of an int is none', template: '{{ duration 90 }}', expected: '0s' },
  {
    story: 'duration of a text that is no number is none',
    template: '{{ duration "1h" }}',
    expected: '0s',
  },
  {
    story: 'durationRound keeps the largest unit',
    template: '{{ durationRound "2h10m5s" }} {{ durationRound "61s" }} {{ durationRound "8800h" }}',
    expected: '2h 1m 1y',
  },
  {
    story: 'durationRound of less than two seconds is none',
    template: '{{ durationRound "900ms" }}',
    expected: '0s',
  },
  {
    story: 'a time has the methods of Go',
    template:
      '{{ (toDate "2006-01-02" "2024-02-29").Year }} {{ (toDate "2006-01-02" "2024-02-29").Weekday }} {{ (toDate "2006-01-02" "2024-02-29").YearDay }}',
    expected: '2024 Thursday 60',
  },
  {
    story: 'a time can be formatted by its method',
    template: '{{ (toDate "2006-01-02" "2024-02-29").Format "Jan 2" }}',
    expected: 'Feb 29',
  },
  {
    story: 'a time prints with its zone',
    template: '{{ toDate "2006-01-02" "2024-02-29" }}',
    expected: '2024-02-29 00:00:00 +0000 UTC',
  },
])

testRefusals('dates', [
  {
    story: 'mustToDate of another layout',
    template: '{{ mustToDate "2006-01-02" .s }}',
    message: 'error calling mustToDate: the text does not fit the time layout',
  },
  {
    story: 'mustDateModify by a text that is no duration',
    template: '{{ mustDateModify .s (toDate "2006-01-02" "2024-02-29") }}',
    message: 'error calling mustDateModify: the text is not a duration',
  },
  {
    story: 'dateModify of a text',
    template: '{{ dateModify "1h" .s }}',
    message: 'wrong type for value; expected time.Time; got string',
  },
  {
    story: 'unixEpoch of a number',
    template: '{{ unixEpoch 5 }}',
    message: "can't handle a number for arg of type time.Time",
  },
  {
    story: 'date with a layout that is no text',
    template: '{{ date 5 .s }}',
    message: 'expected string; found a number',
  },
])
