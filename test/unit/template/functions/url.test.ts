import { testRefusals, testRows } from './rows.ts'

// Go's net/url, in parts.

testRows('url', [
  {
    story: 'urlParse gives all parts',
    template: '{{ urlParse "proto://auth@host:80/path?query#frag" | toJson }}',
    expected:
      '{"fragment":"frag","host":"host:80","hostname":"host","opaque":"","path":"/path","query":"query","scheme":"proto","userinfo":"auth"}',
  },
  {
    story: 'urlParse keeps a password in the user info',
    template: '{{ (urlParse "http://bob:p%40ss@h/").userinfo }}',
    expected: 'bob:p%40ss',
  },
  {
    story: 'urlParse decodes the path',
    template: '{{ (urlParse "http://h/a%20b").path }}',
    expected: '/a b',
  },
  {
    story: 'urlParse leaves the query as it is',
    template: '{{ (urlParse "http://h/?a=%20b").query }}',
    expected: 'a=%20b',
  },
  {
    story: 'urlParse takes the brackets off an IPv6 address',
    template: '{{ (urlParse "http://[::1]:8080/").hostname }}',
    expected: '::1',
  },
  {
    story: 'urlParse of a path has no host',
    template: '{{ (urlParse "/a/b").path }} [{{ (urlParse "/a/b").host }}]',
    expected: '/a/b []',
  },
  {
    story: 'urlParse of a URL without slashes is opaque',
    template: '{{ (urlParse "mailto:bob@example").opaque }}',
    expected: 'bob@example',
  },
  {
    story: 'urlParse of nothing has empty parts',
    template: '{{ urlParse "" | toJson }}',
    expected:
      '{"fragment":"","host":"","hostname":"","opaque":"","path":"","query":"","scheme":"","userinfo":""}',
  },
  {
    story: 'urlJoin writes what urlParse read',
    template: '{{ urlJoin (urlParse "http://bob:x@h:80/a?b=c#d") }}',
    expected: 'http://bob:x@h:80/a?b=c#d',
  },
  {
    story: 'urlJoin encodes the path',
    template: '{{ urlJoin (dict "scheme" "http" "host" "h" "path" "/a b") }}',
    expected: 'http://h/a%20b',
  },
  {
    story: 'urlJoin of a path without a slash puts one before it',
    template: '{{ urlJoin (dict "scheme" "http" "host" "h" "path" "a") }}',
    expected: 'http://h/a',
  },
  { story: 'urlJoin of nothing is nothing', template: '[{{ urlJoin (dict) }}]', expected: '[]' },
  {
    story: 'urlquery escapes for a query',
    template: '{{ urlquery "a b&c/é" }}',
    expected: 'a+b%26c%2F%C3%A9',
  },
])

testRefusals('url', [
  {
    story: 'urlParse with a control character',
    template: '{{ urlParse .u }}',
    data: { u: 'http://correct horse battery staple/\u0001' },
    message: 'error calling urlParse: unable to parse url',
  },
  {
    story: 'urlParse with a broken escape',
    template: '{{ urlParse "http://h/%zz" }}',
    message: 'error calling urlParse: unable to parse url',
  },
  {
    story: 'urlParse with a port that is no number',
    template: '{{ urlParse "http://h:port/" }}',
    message: 'error calling urlParse: unable to parse url',
  },
  {
    story: 'urlJoin with a part that is no text',
    template: '{{ urlJoin (dict "host" 5 "path" .s) }}',
    message: 'error calling urlJoin: url part host must be a string, not int',
  },
  {
    story: 'urlJoin of a text',
    template: '{{ urlJoin .s }}',
    message: 'wrong type for value; expected map[string]interface {}; got string',
  },
])
