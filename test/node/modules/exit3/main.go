// exit3 ends with exit code 3.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Println("ending with 3")
	time.Sleep(300 * time.Millisecond)
	os.Exit(3)
}
