import { testRefusals, testRows } from './rows.ts'

// Go's path package; nothing looks at a file.

testRows('paths', [
  {
    story: 'base is the last part',
    template: '{{ base "a/b.txt" }} {{ base "/a/b/" }}',
    expected: 'b.txt b',
  },
  {
    story: 'base of nothing is a dot, of slashes a slash',
    template: '{{ base "" }} {{ base "///" }}',
    expected: '. /',
  },
  {
    story: 'dir is all but the last part',
    template: '{{ dir "/a/b/c.txt" }} {{ dir "a" }} {{ dir "/a" }}',
    expected: '/a/b . /',
  },
  { story: 'dir cleans', template: '{{ dir "a//b/../c/d" }}', expected: 'a/c' },
  {
    story: 'ext begins at the last dot of the last part',
    template: '{{ ext "a.tar.gz" }} [{{ ext "a.b/c" }}] {{ ext ".bashrc" }}',
    expected: '.gz [] .bashrc',
  },
  {
    story: 'clean drops dots and doubled slashes',
    template: '{{ clean "a//b/./c/../d/" }}',
    expected: 'a/b/d',
  },
  {
    story: 'clean keeps what climbs out of a relative path',
    template: '{{ clean "../../a/../../b" }}',
    expected: '../../../b',
  },
  {
    story: 'clean knows nothing above the root',
    template: '{{ clean "/../../a" }}',
    expected: '/a',
  },
  {
    story: 'clean of nothing is a dot',
    template: '{{ clean "" }} {{ clean "a/.." }}',
    expected: '. .',
  },
  {
    story: 'isAbs looks at the first character',
    template: '{{ isAbs "/a" }} {{ isAbs "a" }} {{ isAbs "" }}',
    expected: 'true false false',
  },
  {
    story: 'os functions are the same on Linux',
    template:
      '{{ osBase "/a/b" }} {{ osDir "/a/b" }} {{ osExt "b.txt" }} {{ osClean "a//b" }} {{ osIsAbs "/a" }}',
    expected: 'b /a .txt a/b true',
  },
  {
    story: 'a backslash is a character as any other',
    template: '{{ base "C:\\\\x\\\\y.txt" }}',
    expected: 'C:\\x\\y.txt',
  },
])

testRefusals('paths', [
  {
    story: 'base of a number',
    template: '{{ base 5 }}',
    message: 'expected string; found a number',
  },
  { story: 'clean of nil', template: '{{ clean nil }}', message: 'cannot assign nil to string' },
])
