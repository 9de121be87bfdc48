// big prints a line, too. It is a module of about 18 MB, because it uses much of the standard library in ways that keep the linker
// from leaving methods out.
package main

import (
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/parser"
	"go/types"
	"html/template"
	"image/png"
	"net/http"
	"os"
	"time"
)

// kept is printed with its types, so nothing of it may be left out.
var kept = []any{tls.Config{}, (*sql.DB)(nil), types.Universe, png.Decode, http.DefaultClient}

type call struct {
	Args []string
}

func main() {
	page := template.Must(template.New("page").Parse("hello from {{.}}\n"))
	if err := page.Execute(os.Stdout, "big Go"); err != nil {
		panic(err)
	}
	expression, err := parser.ParseExpr("1+2")
	if err != nil {
		panic(err)
	}
	asJSON, _ := json.Marshal(map[string]any{"expression": fmt.Sprintf("%T", expression), "kept": len(kept)})
	asXML, _ := xml.Marshal(call{os.Args})
	_, err = http.Get("http://127.0.0.1:1/")
	fmt.Println(string(asJSON), string(asXML), err)
	time.Sleep(300 * time.Millisecond)
}
