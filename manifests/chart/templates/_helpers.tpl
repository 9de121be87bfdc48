{{- /* Each template renders the file of its name in ../../base, which has the comments. */ -}}

{{- define "wasmgate.labels" -}}
app.kubernetes.io/name: wasmgate
app.kubernetes.io/part-of: wasmgate
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Without a tag of the user's, a digest stands alone: the chart's version says nothing about it. */ -}}
{{- define "wasmgate.image" -}}
{{- with .Values.image -}}
{{- $tag := .tag | default (ternary "" $.Chart.AppVersion (not (empty .digest))) -}}
{{- .repository }}{{ with $tag }}:{{ . }}{{ end }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end -}}

{{- define "wasmgate.namespaceSelector" -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values: [kube-system, kube-public, kube-node-lease, {{ .Release.Namespace }}]
  - key: wasmgate.dev/mode
    operator: NotIn
    values: ["off"]
{{- end -}}

{{- define "wasmgate.serviceAccount" -}}
- kind: ServiceAccount
  name: wasmgate
  namespace: {{ .Release.Namespace }}
{{- end -}}
