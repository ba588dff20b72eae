package main

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"text/template"
	"time"
	_ "time/tzdata"

	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
)

// Trust: templates are random text. What could leave this process does not exist here, as in External Secrets Operator.
var absent = []string{"env", "expandenv", "getHostByName"}

// runs of one template that have to agree: maps have no order in Go, and some answers hold addresses. The order of a small map
// changes in one run of eight only, so that what lists a map is run more often.
const (
	runs        = 4
	runsOfLists = 80
)

var functions = functionMap()

func functionMap() template.FuncMap {
	all := sprig.TxtFuncMap()
	for _, name := range absent {
		delete(all, name)
	}
	// Two of the operator's own functions; both are sigs.k8s.io/yaml and a trim.
	all["toYaml"] = func(v any) string {
		text, err := yaml.Marshal(v)
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(text), "\n")
	}
	all["fromYaml"] = func(text string) map[string]any {
		m := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &m); err != nil {
			m["Error"] = err.Error()
		}
		return m
	}
	for _, name := range []string{"slice", "mustSlice"} {
		all[name] = sliceWithin
	}
	return all
}

// sliceWithin refuses what lies behind a list's length: spare room, of which Go's runtime leaves as much as it likes.
func sliceWithin(list any, indices ...any) (any, error) {
	cut, err := mustSlice(list, indices...)
	given, result := reflect.ValueOf(list), reflect.ValueOf(cut)
	if err == nil && cut != nil && given.Kind() == reflect.Slice {
		if start := given.Cap() - result.Cap(); start+result.Len() > given.Len() {
			return nil, errVaries
		}
	}
	return cut, err
}

var mustSlice = sprig.TxtFuncMap()["mustSlice"].(func(any, ...any) (any, error))

func callTemplate(in arguments) (any, error) {
	parsed, err := template.New("key").Option("missingkey=error").Funcs(functions).Parse(string(in.Template))
	if err != nil {
		return nil, failure{"parse", err.Error()}
	}
	data := map[string]string{}
	for key, value := range in.Data {
		data[key] = string(value)
	}
	first, firstErr := execute(parsed, data)
	for range runsOf(string(in.Template)) - 1 {
		again, err := execute(parsed, data)
		if (err == nil) != (firstErr == nil) || (err == nil && again != first) {
			return nil, errVaries
		}
	}
	if errors.Is(firstErr, errVaries) {
		return nil, errVaries
	}
	if firstErr != nil {
		return nil, failure{"exec", firstErr.Error()}
	}
	return first, nil
}

func runsOf(text string) int {
	if strings.Contains(text, "keys") || strings.Contains(text, "values") {
		return runsOfLists
	}
	return runs
}

// local is a zone that every run gets at another address: verbs such as %d print it, and such answers are not answers.
var local = func() time.Location {
	_ = time.Local.String() // reads TZ
	return *time.Local
}()

func execute(parsed *template.Template, data map[string]string) (raw, error) {
	zone := local
	time.Local = &zone
	var out bytes.Buffer
	err := parsed.Execute(&out, data)
	return raw(out.String()), err
}
