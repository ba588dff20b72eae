// Renders templates with the real engine, as a yardstick for `waybill simulate`: one JSON object per line on standard input
// ({"data": {name: text}, "templates": {key: text}}), one with the rendered values in base64 per line on standard output.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log"
	"os"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

type job struct {
	Data      map[string]string `json:"data"`
	Templates map[string]string `json:"templates"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	functions := sprig.TxtFuncMap()
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		var one job
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			log.Fatal(err)
		}
		rendered := make(map[string][]byte, len(one.Templates))
		for key, text := range one.Templates {
			parsed, err := template.New(key).Option("missingkey=error").Funcs(functions).Parse(text)
			if err != nil {
				log.Fatal(err)
			}
			var value bytes.Buffer
			if err := parsed.Execute(&value, one.Data); err != nil {
				log.Fatal(err)
			}
			rendered[key] = value.Bytes()
		}
		if err := encoder.Encode(rendered); err != nil {
			log.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}
