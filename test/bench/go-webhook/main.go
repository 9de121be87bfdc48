// Command go-webhook does the least that an admission webhook built on controller-runtime must do to change a Pod. It has no
// registry, no cluster and no policy, so webhooks of that kind answer at most this often.
//
//	go-webhook FOLDER PORT
//
// FOLDER holds serving.pem and serving-key.pem.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const runtimeClass = "wasmtime"

// chooser gives every Pod the same RuntimeClass.
type chooser struct {
	decoder admission.Decoder
}

func (c chooser) Handle(_ context.Context, request admission.Request) admission.Response {
	var pod corev1.Pod
	if err := c.decoder.Decode(request, &pod); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	name := runtimeClass
	pod.Spec.RuntimeClassName = &name
	changed, err := json.Marshal(&pod)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	return admission.PatchResponseFromRaw(request.Object.Raw, changed)
}

func serve(folder string, port int) error {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return err
	}
	server := webhook.NewServer(webhook.Options{
		Host:     "127.0.0.1",
		Port:     port,
		CertDir:  folder,
		CertName: "serving.pem",
		KeyName:  "serving-key.pem",
	})
	server.Register("/mutate", &webhook.Admission{Handler: chooser{admission.NewDecoder(scheme)}})
	server.Register("/readyz", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	fmt.Printf("{\"port\":%d}\n", port)
	return server.Start(context.Background())
}

func main() {
	log.SetLogger(logr.Discard())
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go-webhook FOLDER PORT")
		os.Exit(2)
	}
	port, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = serve(os.Args[1], port)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
