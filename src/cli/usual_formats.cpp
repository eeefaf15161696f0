// What model hubs track by default, and what has come up since. Images are left out: most of those
// in such repositories are small, and read better as ordinary files; `mhub add` tracks large ones.

#include "usual_formats.hpp"

namespace mhub::cli {

std::vector<std::string> usual_patterns() {
  return {
      // weights
      "*.bin",
      "*.ckpt",
      "*.ftz",
      "*.ggml",
      "*.gguf",
      "*.h5",
      "*.joblib",
      "*.keras",
      "*.llamafile",
      "*.mlmodel",
      "*.model",
      "*.msgpack",
      "*.onnx",
      "*.onnx_data",
      "*.ot",
      "*.pb",
      "*.pickle",
      "*.pkl",
      "*.pt",
      "*.pte",
      "*.pth",
      "*.safetensors",
      "*.task",
      "*.tflite",
      "saved_model/**/*",
      "*tfevents*",
      "*.wasm",
      // data
      "*.arrow",
      "*.avro",
      "*.duckdb",
      "*.feather",
      "*.hdf5",
      "*.lance",
      "*.lfs.*",
      "*.mds",
      "*.npy",
      "*.npz",
      "*.parquet",
      "*.sqlite",
      "*.tfrecord",
      "*.tfrecord-*",
      // archives
      "*.7z",
      "*.bz2",
      "*.gz",
      "*.lz4",
      "*.rar",
      "*.tar",
      "*.tar.*",
      "*.tgz",
      "*.xz",
      "*.zip",
      "*.zst",
      // sound and video
      "*.aac",
      "*.flac",
      "*.mp3",
      "*.mp4",
      "*.ogg",
      "*.pcm",
      "*.raw",
      "*.sam",
      "*.wav",
      "*.webm",
  };
}

}  // namespace mhub::cli
