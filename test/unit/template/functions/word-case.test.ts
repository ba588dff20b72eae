import { testRefusals, testRows } from './rows.ts'

// The three cases of xstrings, with its ways about digits, capitals and connectors.

testRows('word-case', [
  {
    story: 'camelcase joins words',
    template: '{{ camelcase "http_server" }}',
    expected: 'HttpServer',
  },
  {
    story: 'camelcase makes a run of capitals small but for the first',
    template: '{{ camelcase "HTTP_server" }}',
    expected: 'HttpServer',
  },
  {
    story: 'camelcase keeps capitals within a word',
    template: '{{ camelcase "fooBar" }}',
    expected: 'FooBar',
  },
  {
    story: 'camelcase keeps connectors in front',
    template: '{{ camelcase "_foo_bar" }}',
    expected: '_FooBar',
  },
  {
    story: 'camelcase keeps a connector at the end',
    template: '{{ camelcase "foo_bar_" }}',
    expected: 'FooBar_',
  },
  {
    story: 'camelcase keeps all but one of a run of connectors',
    template: '{{ camelcase "foo___bar" }}',
    expected: 'Foo__Bar',
  },
  {
    story: 'camelcase takes blanks and hyphens for connectors',
    template: '{{ camelcase "foo bar-baz" }}',
    expected: 'FooBarBaz',
  },
  {
    story: 'camelcase of a connector alone doubles it',
    template: '{{ camelcase "_" }}',
    expected: '__',
  },
  { story: 'camelcase of nothing is nothing', template: '[{{ camelcase "" }}]', expected: '[]' },
  {
    story: 'camelcase knows letters beyond ASCII',
    template: '{{ camelcase "été_île" }}',
    expected: 'ÉtéÎle',
  },
  {
    story: 'snakecase parts at capitals',
    template: '{{ snakecase "FirstName" }}',
    expected: 'first_name',
  },
  {
    story: 'snakecase keeps a run of capitals as one word',
    template: '{{ snakecase "HTTPServer" }}',
    expected: 'http_server',
  },
  {
    story: 'snakecase parts before the last capital of a run',
    template: '{{ snakecase "NoHTTPS" }} {{ snakecase "GO_PATH" }} {{ snakecase "GOPath" }}',
    expected: 'no_https go_path go_path',
  },
  {
    story: 'snakecase joins a number to the word before it',
    template: '{{ snakecase "http2xx" }} {{ snakecase "HTTP20xOK" }}',
    expected: 'http_2xx http_20x_ok',
  },
  {
    story: 'snakecase takes blanks and hyphens for connectors',
    template: '{{ snakecase "foo bar-baz" }}',
    expected: 'foo_bar_baz',
  },
  {
    story: 'snakecase keeps the number of connectors',
    template: '{{ snakecase "foo__bar" }}',
    expected: 'foo__bar',
  },
  {
    story: 'snakecase keeps connectors at the ends',
    template: '{{ snakecase "_foo_" }}',
    expected: '_foo_',
  },
  {
    story: 'snakecase of a name that is in snake case changes nothing',
    template: '{{ snakecase "foo_bar_1" }}',
    expected: 'foo_bar_1',
  },
  {
    story: 'snakecase knows capitals beyond ASCII',
    template: '{{ snakecase "ÉtéÎle" }}',
    expected: 'été_île',
  },
  {
    story: 'snakecase leaves punctuation in place',
    template: '{{ snakecase "a.bC" }} {{ snakecase "(http)Server" }}',
    expected: 'a.b_c (http)server',
  },
  {
    story: 'snakecase parts ideographs from letters',
    template: '{{ snakecase "日本abc" }}',
    expected: '日本_abc',
  },
  {
    story: 'kebabcase writes hyphens',
    template: '{{ kebabcase "FirstName" }} {{ kebabcase "foo_bar" }}',
    expected: 'first-name foo-bar',
  },
  {
    story: 'kebabcase of a name in kebab case changes nothing',
    template: '{{ kebabcase "my-app-2" }}',
    expected: 'my-app-2',
  },
  { story: 'kebabcase of nothing is nothing', template: '[{{ kebabcase "" }}]', expected: '[]' },
])

testRefusals('word-case', [
  {
    story: 'camelcase of a number',
    template: '{{ camelcase 1 }}',
    message: 'expected string; found a number',
  },
  {
    story: 'kebabcase of nil',
    template: '{{ kebabcase nil }}',
    message: 'cannot assign nil to string',
  },
])
