// http prints a line, too. It is a module of about 5 MB, because it contains the HTTP client.
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	request, err := http.NewRequest(http.MethodGet, "http://localhost/", nil)
	if err != nil {
		panic(err)
	}
	fmt.Println("hello from Go with HTTP", request.URL, os.Args)
	time.Sleep(300 * time.Millisecond)
}
