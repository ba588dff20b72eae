package main

import (
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
	"sigs.k8s.io/yaml"
)

func callGjson(in arguments) (any, error) {
	found := gjson.Get(string(in.JSON), string(in.Path))
	out := map[string]any{
		"exists": found.Exists(),
		"type":   found.Type.String(),
		"string": raw(found.String()),
	}
	if found.Raw != "" {
		out["raw"] = raw(found.Raw)
	}
	return out, nil
}

func compiled(pattern raw) (*regexp.Regexp, error) {
	expression, err := regexp.Compile(string(pattern))
	if err != nil {
		return nil, failure{"compile", err.Error()}
	}
	return expression, nil
}

func callMatch(in arguments) (any, error) {
	expression, err := compiled(in.Pattern)
	if err != nil {
		return nil, err
	}
	return expression.MatchString(string(in.Name)), nil
}

func callReplace(in arguments) (any, error) {
	expression, err := compiled(in.Source)
	if err != nil {
		return nil, err
	}
	return raw(expression.ReplaceAllString(string(in.Key), string(in.Target))), nil
}

func callSubmatch(in arguments) (any, error) {
	expression, err := compiled(in.Pattern)
	if err != nil {
		return nil, err
	}
	matches := expression.FindAllStringSubmatchIndex(string(in.Input), -1)
	if matches == nil {
		matches = [][]int{}
	}
	return map[string]any{"matches": matches, "names": expression.SubexpNames()}, nil
}

func callYAML(in arguments) (any, error) {
	text := []byte(in.YAML)
	lax, laxErr := yaml.YAMLToJSON(text)
	for range runsOfLists / 2 {
		// Keys that are one only as text are in no order: 1 and "1".
		again, err := yaml.YAMLToJSON(text)
		if (err == nil) != (laxErr == nil) || string(again) != string(lax) {
			return nil, errVaries
		}
	}
	strict, strictErr := yaml.YAMLToJSONStrict(text)
	return map[string]any{"lax": jsonOrCause(lax, laxErr), "strict": jsonOrCause(strict, strictErr)}, nil
}

func jsonOrCause(text []byte, err error) map[string]any {
	if err == nil {
		return map[string]any{"json": raw(text)}
	}
	return map[string]any{"error": cause(err.Error()), "message": raw(err.Error())}
}

func cause(message string) string {
	switch {
	case strings.Contains(message, "already set in map"):
		return "duplicate-key"
	case strings.HasPrefix(message, "json:"):
		return "json"
	default:
		return "yaml"
	}
}

func callStringMap(in arguments) (any, error) {
	values := map[string]string{}
	err := yaml.Unmarshal([]byte(in.YAML), &values)
	for range runsOfLists / 2 {
		again := map[string]string{}
		if repeated := yaml.Unmarshal([]byte(in.YAML), &again); (err == nil) != (repeated == nil) || !maps.Equal(again, values) {
			return nil, errVaries
		}
	}
	if err == nil {
		out := map[string]raw{}
		for key, value := range values {
			out[key] = raw(value)
		}
		return out, nil
	}
	message := err.Error()
	if strings.Contains(message, "converting YAML to JSON") && !strings.Contains(message, "JSON: json:") {
		return nil, failure{"yaml", message}
	}
	return nil, failure{"json", message}
}

func callDuration(in arguments) (any, error) {
	duration, err := time.ParseDuration(string(in.Text))
	if err != nil {
		return nil, failure{"duration", err.Error()}
	}
	return durationOut(duration), nil
}

func durationOut(duration time.Duration) map[string]string {
	return map[string]string{"ns": strconv.FormatInt(int64(duration), 10), "string": duration.String()}
}

func callDurationString(in arguments) (any, error) {
	ns, err := strconv.ParseInt(in.Ns, 10, 64)
	if err != nil {
		return nil, failure{"duration", err.Error()}
	}
	return time.Duration(ns).String(), nil
}
