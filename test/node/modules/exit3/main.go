// exit3 ends with exit code 3.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("ending with 3")
	os.Exit(3)
}
