import { testRefusals, testRows } from './rows.ts'

// Lists are never changed in place; a nil list is an error where Go panics.

testRows('lists', [
  {
    story: 'list keeps the types of its items',
    template: '{{ list 1 "1" 1.0 nil | printf "%#v" }}',
    expected: '[]interface {}{1, "1", 1, interface {}(nil)}',
  },
  { story: 'tuple is list by its old name', template: '{{ tuple 1 2 }}', expected: '[1 2]' },
  {
    story: 'first of an empty list is nil',
    template: '{{ first (list) }}',
    expected: '<no value>',
  },
  {
    story: 'first and last',
    template: '{{ first (list 1 2 3) }} {{ last (list 1 2 3) }}',
    expected: '1 3',
  },
  {
    story: 'rest and initial leave one out',
    template: '{{ rest (list 1 2 3) }} {{ initial (list 1 2 3) }}',
    expected: '[2 3] [1 2]',
  },
  { story: 'rest of one item is empty', template: '{{ rest (list 1) | len }}', expected: '0' },
  {
    story: 'rest of an empty list is a nil list',
    template: '{{ rest (list) | toJson }}',
    expected: 'null',
  },
  {
    story: 'append leaves its argument alone',
    template: '{{ $l := list 1 }}{{ append $l 2 }}{{ $l }}',
    expected: '[1 2][1]',
  },
  { story: 'prepend puts it first', template: '{{ prepend (list 1) 0 }}', expected: '[0 1]' },
  { story: 'push is append', template: '{{ push (list 1) 2 }}', expected: '[1 2]' },
  {
    story: 'append of a list nests it',
    template: '{{ append (list 1) (list 2) | toJson }}',
    expected: '[1,[2]]',
  },
  {
    story: 'concat joins lists one level deep',
    template: '{{ concat (list 1) (list 2 (list 3)) | toJson }}',
    expected: '[1,2,[3]]',
  },
  {
    story: 'concat of nothing is a nil list',
    template: '{{ concat (list) | toJson }}',
    expected: 'null',
  },
  {
    story: 'concat takes texts of splitList as they are',
    template: '{{ concat (splitList "," "a,b") (list 1) | toJson }}',
    expected: '["a","b",1]',
  },
  {
    story: 'reverse leaves its argument alone',
    template: '{{ $l := list 1 2 }}{{ reverse $l }}{{ $l }}',
    expected: '[2 1][1 2]',
  },
  {
    story: 'uniq keeps the first of equals',
    template: '{{ uniq (list 1 2 1 "1") | toJson }}',
    expected: '[1,2,"1"]',
  },
  { story: 'uniq tells types apart', template: '{{ uniq (list 1 1.0) | len }}', expected: '2' },
  {
    story: 'uniq compares deeply',
    template: '{{ uniq (list (list 1) (list 1)) | toJson }}',
    expected: '[[1]]',
  },
  {
    story: 'compact drops what is empty',
    template: '{{ compact (list "" 0 "a" nil (list) false 1) | toJson }}',
    expected: '["a",1]',
  },
  {
    story: 'without drops all equals',
    template: '{{ without (list 1 2 1 3) 1 3 }}',
    expected: '[2]',
  },
  { story: 'without nothing is a copy', template: '{{ without (list 1 2) }}', expected: '[1 2]' },
  {
    story: 'has compares type and value',
    template: '{{ has 1 (list 1 2) }} {{ has "1" (list 1 2) }}',
    expected: 'true false',
  },
  { story: 'has in nil is false', template: '{{ has 1 nil }}', expected: 'false' },
  {
    story: 'has finds a list in a list',
    template: '{{ has (list 1) (list (list 1)) }}',
    expected: 'true',
  },
  {
    story: 'slice takes from, up to but not including',
    template: '{{ slice (list 1 2 3 4) 1 3 }}',
    expected: '[2 3]',
  },
  {
    story: 'slice with one bound goes to the end',
    template: '{{ slice (list 1 2 3 4) 2 }}',
    expected: '[3 4]',
  },
  {
    story: 'slice of an empty list is nil, whatever the bounds',
    template: '{{ slice (list) 5 9 | toJson }}',
    expected: 'null',
  },
  {
    story: 'chunk fills all but the last',
    template: '{{ chunk 2 (list 1 2 3) | toJson }}',
    expected: '[[1,2],[3]]',
  },
  {
    story: 'chunk of an empty list has no chunk',
    template: '{{ chunk 2 (list) | toJson }}',
    expected: '[]',
  },
  {
    story: 'sortAlpha sorts by bytes',
    template: '{{ sortAlpha (list "b" "A" "a" "B" "é") }}',
    expected: '[A B a b é]',
  },
  {
    story: 'sortAlpha sorts numbers as texts',
    template: '{{ sortAlpha (list 10 9 1) }}',
    expected: '[1 10 9]',
  },
  {
    story: 'sortAlpha of a text is a list of it',
    template: '{{ sortAlpha "a" | toJson }}',
    expected: '["a"]',
  },
  {
    story: 'sortAlpha changes a list of texts in place',
    template: '{{ $l := splitList "," "b,a" }}{{ $_ := sortAlpha $l }}{{ $l }}',
    expected: '[a b]',
  },
  {
    story: 'join leaves nils out',
    template: '{{ join "," (list 1 nil "a" 2.5) }}',
    expected: '1,a,2.5',
  },
  { story: 'join of a text is the text', template: '{{ join "," "a" }}', expected: 'a' },
  { story: 'join of nil is nothing', template: '[{{ join "," nil }}]', expected: '[]' },
  {
    story: 'splitList of nothing has one empty part',
    template: '{{ splitList "," "" | toJson }}',
    expected: '[""]',
  },
  {
    story: 'splitList without a separator parts all runes',
    template: '{{ splitList "" "aé" | toJson }}',
    expected: '["a","é"]',
  },
  {
    story: 'split gives a dict with numbered keys',
    template: '{{ (split "." "a.b")._1 }}',
    expected: 'b',
  },
  {
    story: 'splitn keeps the rest in its last part',
    template: '{{ splitn "." 2 "a.b.c" | toJson }}',
    expected: '{"_0":"a","_1":"b.c"}',
  },
  {
    story: 'splitn 0 gives nothing',
    template: '{{ splitn "." 0 "a.b" | toJson }}',
    expected: '{}',
  },
  {
    story: 'toStrings makes texts',
    template: '{{ toStrings (list 1 true nil 2.5) | toJson }}',
    expected: '["1","true","2.5"]',
  },
  { story: 'until counts from zero', template: '{{ until 3 | toJson }}', expected: '[0,1,2]' },
  {
    story: 'until a negative number counts down',
    template: '{{ until -3 | toJson }}',
    expected: '[0,-1,-2]',
  },
  { story: 'index counts from zero', template: '{{ index (list "a" "b") 1 }}', expected: 'b' },
])

testRefusals('lists', [
  {
    story: 'first of a text',
    template: '{{ first .s }}',
    message: 'error calling first: cannot find first on type string',
  },
  {
    story: 'last of nil',
    template: '{{ last nil }}',
    message: 'error calling last: nil pointer dereference',
  },
  {
    story: 'rest of a dict',
    template: '{{ rest (dict "a" .s) }}',
    message: 'error calling rest: cannot find rest on type map',
  },
  {
    story: 'initial of a number',
    template: '{{ initial 1 }}',
    message: 'error calling initial: cannot find initial on type int',
  },
  {
    story: 'append to a text',
    template: '{{ append .s 1 }}',
    message: 'error calling append: cannot push on type string',
  },
  {
    story: 'prepend to nil',
    template: '{{ prepend nil .s }}',
    message: 'error calling prepend: nil pointer dereference',
  },
  {
    story: 'concat with a text',
    template: '{{ concat (list 1) .s }}',
    message: 'error calling concat: cannot concat as list a type string',
  },
  {
    story: 'reverse of a text',
    template: '{{ reverse .s }}',
    message: 'error calling reverse: cannot find reverse on type string',
  },
  {
    story: 'uniq of a text',
    template: '{{ uniq .s }}',
    message: 'error calling uniq: cannot find uniq on type string',
  },
  {
    story: 'compact of a text',
    template: '{{ compact .s }}',
    message: 'error calling compact: cannot compact on type string',
  },
  {
    story: 'without on a text',
    template: '{{ without .s 1 }}',
    message: 'error calling without: cannot find without on type string',
  },
  {
    story: 'has in a text',
    template: '{{ has "a" .s }}',
    message: 'error calling has: cannot find has on type string',
  },
  {
    story: 'slice of a text',
    template: '{{ mustSlice .s 1 }}',
    message: 'error calling mustSlice: list should be type of slice or array but string',
  },
  {
    story: 'slice beyond the end',
    template: '{{ slice (list .s) 0 2 }}',
    message: 'error calling slice: slice index out of bounds',
  },
  {
    story: 'slice that ends before it begins',
    template: '{{ slice (list .s .s) 2 1 }}',
    message: 'error calling slice: slice index out of bounds',
  },
  {
    story: 'chunk of a text',
    template: '{{ chunk 2 .s }}',
    message: 'error calling chunk: cannot chunk type string',
  },
  {
    story: 'chunk of size zero',
    template: '{{ chunk 0 (list .s) }}',
    message: 'error calling chunk: chunk size out of range',
  },
  {
    story: 'index beyond the end',
    template: '{{ index (list .s) 1 }}',
    message: 'error calling index: index out of range',
  },
])
