// The real engines behind one pipe: each line of stdin is the `in` of a vector (../../vectors/README.md), each line of stdout its
// answer: {"out":…}, {"error":category,"message":…}, or {"varies":true} where the engine has no one answer.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
	"unicode/utf8"
)

// raw is bytes as vectors write them: a string stands for its UTF-8 bytes, {"base64": …} for anything else.
type raw string

func (r *raw) UnmarshalJSON(text []byte) error {
	var plain string
	if json.Unmarshal(text, &plain) == nil {
		*r = raw(plain)
		return nil
	}
	var coded struct{ Base64 []byte }
	if err := json.Unmarshal(text, &coded); err != nil {
		return err
	}
	*r = raw(coded.Base64)
	return nil
}

func (r raw) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(r)) {
		return json.Marshal(string(r))
	}
	return json.Marshal(map[string]string{"base64": base64.StdEncoding.EncodeToString([]byte(r))})
}

type arguments struct {
	Call     string
	Template raw
	Data     map[string]raw
	JSON     raw `json:"json"`
	Path     raw
	Pattern  raw
	Name     raw
	Source   raw
	Target   raw
	Key      raw
	Input    raw
	YAML     raw `json:"yaml"`
	Text     raw
	Ns       string
}

// failure is an error with the category that the vectors compare.
type failure struct{ category, message string }

func (f failure) Error() string { return f.message }

// errVaries: repeated runs disagree (the order of a map, an address), or the engine itself crashes.
var errVaries = errors.New("varies")

var calls = map[string]func(arguments) (any, error){
	"template":        callTemplate,
	"gjson":           callGjson,
	"match":           callMatch,
	"replace":         callReplace,
	"submatch":        callSubmatch,
	"yaml":            callYAML,
	"yaml-stringmap":  callStringMap,
	"duration":        callDuration,
	"duration-string": callDurationString,
}

func answer(line []byte) (reply map[string]any) {
	defer func() {
		if recover() != nil {
			reply = map[string]any{"varies": true}
		}
	}()
	var in arguments
	if err := json.Unmarshal(line, &in); err != nil {
		return map[string]any{"error": "unreadable", "message": err.Error()}
	}
	call, known := calls[in.Call]
	if !known {
		return map[string]any{"error": "unknown-call", "message": in.Call}
	}
	out, err := call(in)
	var failed failure
	switch {
	case errors.Is(err, errVaries):
		return map[string]any{"varies": true}
	case errors.As(err, &failed):
		return map[string]any{"error": failed.category, "message": raw(failed.message)}
	default:
		return map[string]any{"out": out}
	}
}

// patience is how long a question may take. A stuck engine cannot be interrupted, so the process ends instead of answering; whoever
// asked starts another one with the next question.
const patience = time.Second

func giveUp() { os.Exit(1) }

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	for lines.Scan() {
		deadline := time.AfterFunc(patience, giveUp)
		text, err := json.Marshal(answer(lines.Bytes()))
		deadline.Stop()
		if err != nil {
			text = []byte(`{"error":"unwritable"}`)
		}
		fmt.Println(string(text))
	}
}
