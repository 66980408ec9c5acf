// See parquet.h. The only user of Arrow. Covered by tests/data/parquet_test.cc.
#include "data/parquet.h"

#include "data/error.h"

#if HONE_ARROW
#include <arrow/api.h>
#include <parquet/arrow/reader.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "data/text_file.h"
#include "data/utf8.h"

namespace hone {
namespace {

using json = Row;

constexpr int64_t kBatchRows = 1024;  // kept in memory at once, beside a row group's pages

json ValueAt(const arrow::Array& array, int64_t i);

template <class Array>
json NumberAt(const arrow::Array& array, int64_t i) {
  return static_cast<const Array&>(array).Value(i);
}

template <class Array>
json TextAt(const arrow::Array& array, int64_t i) {
  const std::string_view bytes = static_cast<const Array&>(array).GetView(i);
  std::string text = ValidUtf8(bytes);
  if (text == bytes) return text;
  return json::binary({bytes.begin(), bytes.end()});
}

template <class Array>
json ListAt(const arrow::Array& array, int64_t i) {
  const auto& list = static_cast<const Array&>(array);
  json values = json::array();
  const int64_t begin = list.value_offset(i);
  for (int64_t k = begin; k < begin + list.value_length(i); ++k) values.push_back(ValueAt(*list.values(), k));
  return values;
}

json StructAt(const arrow::Array& array, int64_t i) {
  const auto& fields = static_cast<const arrow::StructArray&>(array);
  json object = json::object();
  for (int k = 0; k < fields.num_fields(); ++k)
    object[fields.struct_type()->field(k)->name()] = ValueAt(*fields.field(k), i);
  return object;
}

json ValueAt(const arrow::Array& array, int64_t i) {
  if (array.IsNull(i)) return nullptr;
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return NumberAt<arrow::BooleanArray>(array, i);
    case arrow::Type::INT8:
      return NumberAt<arrow::Int8Array>(array, i);
    case arrow::Type::INT16:
      return NumberAt<arrow::Int16Array>(array, i);
    case arrow::Type::INT32:
      return NumberAt<arrow::Int32Array>(array, i);
    case arrow::Type::INT64:
      return NumberAt<arrow::Int64Array>(array, i);
    case arrow::Type::UINT8:
      return NumberAt<arrow::UInt8Array>(array, i);
    case arrow::Type::UINT16:
      return NumberAt<arrow::UInt16Array>(array, i);
    case arrow::Type::UINT32:
      return NumberAt<arrow::UInt32Array>(array, i);
    case arrow::Type::UINT64:
      return NumberAt<arrow::UInt64Array>(array, i);
    case arrow::Type::FLOAT:
      return NumberAt<arrow::FloatArray>(array, i);
    case arrow::Type::DOUBLE:
      return NumberAt<arrow::DoubleArray>(array, i);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return TextAt<arrow::BinaryArray>(array, i);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return TextAt<arrow::LargeBinaryArray>(array, i);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return TextAt<arrow::BinaryViewArray>(array, i);
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return ListAt<arrow::ListArray>(array, i);
    case arrow::Type::LARGE_LIST:
      return ListAt<arrow::LargeListArray>(array, i);
    case arrow::Type::FIXED_SIZE_LIST:
      return ListAt<arrow::FixedSizeListArray>(array, i);
    case arrow::Type::STRUCT:
      return StructAt(array, i);
    case arrow::Type::DICTIONARY: {
      const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
      return ValueAt(*coded.dictionary(), coded.GetValueIndex(i));
    }
    default: {
      const auto scalar = array.GetScalar(i);
      return scalar.ok() ? json((*scalar)->ToString()) : json(nullptr);
    }
  }
}

template <class T>
T OrThrow(arrow::Result<T> result, const std::string& path) {
  if (result.ok()) return std::move(result).ValueUnsafe();
  std::string why = result.status().message();
  why = why.substr(0, why.find('\n'));
  throw Error("cannot read it as Parquet: " + why, path, "download or write the file again");
}

}  // namespace

bool HasParquet() { return true; }

void ForEachParquetRow(const std::string& path, const RowVisitor& visit) {
  if (::access(path.c_str(), R_OK) != 0) throw SystemError("read", path, errno);
  parquet::arrow::FileReaderBuilder builder;
  const auto check = [&](const arrow::Status& status) {
    OrThrow<bool>(status.ok() ? arrow::Result<bool>(true) : status, path);
  };
  check(builder.OpenFile(path));
  parquet::ArrowReaderProperties properties;
  properties.set_batch_size(kBatchRows);
  const auto reader = OrThrow(builder.properties(properties)->Build(), path);
  const auto batches = OrThrow(reader->GetRecordBatchReader(), path);
  int64_t number = 0;
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    check(batches->ReadNext(&batch));
    if (batch == nullptr) return;
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      json row = json::object();
      for (int k = 0; k < batch->num_columns(); ++k)
        row[batch->column_name(k)] = ValueAt(*batch->column(k), i);
      visit(row, path + ": row " + std::to_string(++number));
    }
  }
}

}  // namespace hone

#else

namespace hone {

bool HasParquet() { return false; }

void ForEachParquetRow(const std::string& path, const RowVisitor&) {
  throw Error("this build cannot read Parquet", path,
              "install Arrow with `.venv/bin/python -m pip install --no-deps " HONE_PYARROW
              "` and call ./hone again, or write the rows as JSON lines");
}

}  // namespace hone

#endif
